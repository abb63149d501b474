//! TLS by certificates that links bring.

use std::{fs, net::SocketAddr};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use wisteria_bridge::transports::native::Tls;
use wisteria_contracts::httpserver::HttpResponse;

use super::harness::{Actor, Server, check, free_address, key, refused};

/// A certificate for a name, which is its own authority, and its key.
fn certificate(name: &str) -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    (cert.pem(), signing_key.serialize_pem())
}

/// Has the actor answer a request to the server of that name, which proves it by that certificate.
async fn asks(address: SocketAddr, name: &str, certificate: &str, actor: &mut Actor) {
    let dir = TempDir::new().expect("a temporary directory");
    let file = dir.path().join("ca.pem");
    fs::write(&file, certificate).expect("written");
    let socket = TcpStream::connect(address).await.expect("connected");
    let trusting = Tls::with_authorities(&file).expect("authorities");
    let mut socket = trusting.protect(name, socket).await.expect("it proves its name");
    let request = format!("GET / HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let (_, call) = actor.request().await;
    actor.answer(call, &HttpResponse::default());
    let mut answer = Vec::new();
    // How the connection ends is not what is asked here.
    drop(socket.read_to_end(&mut answer).await);
    check(&String::from_utf8_lossy(&answer), 200, "");
}

#[tokio::test]
async fn each_link_of_a_port_proves_its_names_by_its_own_certificate() {
    let server = Server::start().await;
    let address = free_address();
    let at = ("address", &*address.to_string());
    let (first, second) = (certificate("a.example"), certificate("b.example"));
    let mut actors = [server.actor(1), server.actor(2)];
    let pair = |(cert, key): &'_ (String, String)| [("tls-cert", cert.clone()), ("tls-key", key.clone())];
    for (byte, host, files) in [(1, "a.example", &first), (2, "b.example", &second)] {
        let [(cert_name, cert), (key_name, key_text)] = pair(files);
        let values = [at, ("host", host), (cert_name, &cert), (key_name, &key_text)];
        server.link_by(key(byte), &values).await.expect("linked");
    }
    asks(address, "a.example", &first.0, &mut actors[0]).await;
    asks(address, "b.example", &second.0, &mut actors[1]).await;

    // A certificate that is renewed is used from the next connection on.
    let renewed = certificate("a.example");
    let values = [at, ("host", "a.example"), ("tls-cert", &*renewed.0), ("tls-key", &*renewed.1)];
    server.link_by(key(1), &values).await.expect("linked");
    asks(address, "a.example", &renewed.0, &mut actors[0]).await;

    refused(server.link_by(key(3), &[at, ("host", "c.example")]).await, "speaks TLS for the links that it has");
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_refused_and_never_shown() {
    let server = Server::start().await;
    let ((cert, own), (_, other)) = (certificate("a.example"), certificate("b.example"));
    for (cert, key_text, words) in [
        ("x", &*own, "`tls-cert` and `tls-key`: there is no certificate in it"),
        (&*cert, "x", "`tls-cert` and `tls-key`: the key: "),
        (&*cert, &*other, "`tls-cert` and `tls-key`: they do not belong together: "),
        ("/etc/passwd", "/etc/passwd", "there is no certificate in it"),
    ] {
        let values = [("address", "127.0.0.1:0"), ("tls-cert", cert), ("tls-key", key_text)];
        let outcome = server.link_by(key(1), &values).await;
        let shown = format!("{outcome:?}");
        refused(outcome, words);
        assert!(!shown.contains("PRIVATE KEY"), "{shown}");
    }
    let plain = server.link(key(1), free_address()).await.expect("linked");
    let values = [("address", &*plain.to_string()), ("host", "a.example"), ("tls-cert", &*cert), ("tls-key", &*own)];
    refused(server.link_by(key(2), &values).await, "speaks no TLS for the links that it has");
}
