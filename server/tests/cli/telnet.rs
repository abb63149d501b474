//! A chat as its users have it: terminals at an actor on a server.

use std::net::TcpListener;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::{Duration, timeout},
};

use crate::program::{Server, sample};

const CONTRACT: &str = "wisteria:telnet";

/// A terminal, and what the others call it.
struct Terminal {
    socket: BufReader<TcpStream>,
    name: String,
}

impl Terminal {
    async fn connect(address: &str) -> Self {
        let socket = BufReader::new(TcpStream::connect(address).await.expect("it listens"));
        let mut terminal = Self { socket, name: String::new() };
        let greeting = terminal.line().await;
        let name = greeting.strip_prefix("you are ").and_then(|rest| rest.strip_suffix("; /quit ends"));
        terminal.name = name.unwrap_or_else(|| panic!("{greeting:?}")).to_owned();
        terminal
    }

    async fn types(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.expect("it reads");
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(Duration::from_secs(30), self.socket.read_line(&mut line)).await;
        read.expect("a line comes").expect("text");
        line.trim_end().to_owned()
    }

    async fn rest(mut self) -> String {
        let mut rest = String::new();
        let read = timeout(Duration::from_secs(30), self.socket.read_to_string(&mut rest)).await;
        read.expect("it ends").expect("text");
        rest
    }
}

#[tokio::test]
async fn people_at_terminals_talk_to_each_other_through_an_actor() {
    let server = Server::start(&["--allow-unsigned"]);
    let actor = server.run(&["start", "actor", sample("telnet_chat.wasm").to_str().expect("UTF-8")]).text().to_owned();
    server.run(&["link", "put", &actor, "keyvalue-memory", "wasmcloud:keyvalue"]).text();
    let address = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string();
    let put = |address: &str| server.run(&["link", "put", &actor, "telnet", CONTRACT, &format!("ADDRESS={address}")]);
    assert!(put("0.0.0.0:0").failure().contains("is open to other machines"));
    put(&address).text();

    let mut ada = Terminal::connect(&address).await;
    let mut bob = Terminal::connect(&address).await;
    assert_ne!(ada.name, bob.name);
    assert_eq!(ada.line().await, format!("{} comes", bob.name));
    // As the telnet program begins, with wishes for options.
    ada.types("\u{0}").await;
    ada.types("hello\r\n").await;
    let said = format!("{}: hello", ada.name);
    assert_eq!([ada.line().await, bob.line().await], [said.clone(), said]);
    for number in 0..50 {
        bob.types(&format!("line {number}\n")).await;
    }
    for number in 0..50 {
        let said = format!("{}: line {number}", bob.name);
        assert_eq!([ada.line().await, bob.line().await], [said.clone(), said], "in order, to all");
    }
    bob.types("/quit\r\n").await;
    let gone = format!("{} leaves", bob.name);
    assert_eq!(bob.rest().await, "bye\r\n");
    assert_eq!(ada.line().await, gone);

    server.run(&["link", "del", &actor, CONTRACT]).text();
    assert_eq!(ada.rest().await, "");
    assert!(TcpStream::connect(&address).await.is_err(), "nobody listens there any more");
}
