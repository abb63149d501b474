//! TLS at both ports.

use std::{fs, net::TcpStream, path::PathBuf, time::Duration};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use crate::program::{Server, run};

/// A certificate for this machine, which is its own authority, and its key.
struct Certificate {
    dir: TempDir,
}

impl Certificate {
    fn new() -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).expect("a certificate");
        fs::write(dir.path().join("cert.pem"), cert.pem()).expect("written");
        fs::write(dir.path().join("key.pem"), signing_key.serialize_pem()).expect("written");
        Self { dir }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().expect("a path in UTF-8").to_owned()
    }

    fn start(&self, options: &[&str]) -> Server {
        let (cert, key) = (self.path("cert.pem"), self.path("key.pem"));
        Server::start(&[&["--tls-cert", &cert, "--tls-key", &key][..], options].concat())
    }
}

#[test]
fn commands_and_servers_join_by_the_certificate_and_by_nothing_else() {
    let certificate = Certificate::new();
    let ca = certificate.path("cert.pem");
    let server = certificate.start(&[]);
    assert!(server.url.starts_with("https://"), "{}", server.url);
    // Handshakes that never begin hold nobody up.
    let _silent = [(); 4].map(|()| TcpStream::connect(server.address()).expect("it listens"));
    let hosts = || server.run(&["get", "hosts", "-o", "json", "--tls-ca", &ca]).json();
    assert_eq!(hosts().as_array().map(Vec::len), Some(1));

    let stranger = server.run(&["get", "hosts"]);
    assert!(stranger.failure().contains("--tls-ca"), "{stranger:?}");
    let plain = run(&["get", "hosts", "--url", &server.url.replace("https:", "http:")], b"");
    assert!(plain.failure().contains("no lattice answers"), "{plain:?}");

    let url = format!("wss://{}/lattice", server.address());
    let second = Server::join_by(&server, &url, &["--tls-ca", &ca]);
    assert_eq!(second.run(&["get", "hosts", "-o", "json"]).json().as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn published_nats_clients_join_under_tls() {
    let certificate = Certificate::new();
    let mut server = certificate.start(&["--nats-listen", "127.0.0.1:0"]);
    let line = server.next_line();
    let address = line.strip_prefix("NATS clients join at tls://").unwrap_or_else(|| panic!("{line:?}"));
    let creds = certificate.path("client.creds");
    let mint =
        ["token", "mint", "--role", "operator", "--creds-file", &creds, "--tls-ca", &certificate.path("cert.pem")];
    let minted = server.run(&[&mint[..], &["-o", "json"]].concat()).json();
    let inbox = format!("_INBOX.{}", minted["user"].as_str().expect("a key"));
    let named = async || {
        let options = async_nats::ConnectOptions::new().custom_inbox_prefix(&inbox);
        options.credentials_file(&creds).await.expect("a creds file").connection_timeout(Duration::from_secs(10))
    };
    for scheme in ["tls", "nats"] {
        let options = named().await.add_root_certificates(PathBuf::from(certificate.path("cert.pem")));
        let client = options.connect(format!("{scheme}://{address}")).await.expect("it joins");
        let answer = client.request("wasmbus.ctl.default.ping.hosts", "".into()).await.expect("a host answers");
        assert!(String::from_utf8_lossy(&answer.payload).contains("\"kind\":\"server\""));
        assert!(client.server_info().tls_required);
    }
    let trusting = named().await.connect(format!("tls://{address}")).await;
    assert!(trusting.is_err(), "it trusts whom nobody vouches for");
    let by_tls = ["--url", &format!("tls://{address}"), "--tls-ca", &certificate.path("cert.pem"), "--creds", &creds];
    assert_eq!(run(&[&["get", "hosts"], &by_tls[..]].concat(), b"").code, 0);
}

#[test]
fn what_is_wrong_with_certificate_or_key_is_said_with_its_file() {
    let (ours, other) = (Certificate::new(), Certificate::new());
    let check = |cert: &str, key: &str, expected: &[&str]| {
        let ended = run(&["up", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key], b"");
        for text in expected {
            assert!(ended.failure().contains(text), "{text} in {ended:?}");
        }
    };
    let (cert, key) = (ours.path("cert.pem"), ours.path("key.pem"));
    check(&ours.path("none.pem"), &key, &["--tls-cert", "none.pem"]);
    check(&key, &key, &["--tls-cert", &key, "there is no certificate in it"]);
    check(&cert, &cert, &["--tls-key", &cert]);
    check(&cert, &ours.path("none.pem"), &["--tls-key", "none.pem"]);
    check(&cert, &other.path("key.pem"), &["were made together", &other.path("key.pem"), &cert]);
    let alone = run(&["up", "--tls-cert", &cert], b"");
    assert_eq!(alone.code, 2, "{alone:?}");
    let useless = run(&["up", "--listen", "127.0.0.1:0", "--tls-ca", &key], b"");
    assert!(useless.failure().contains("holds no certificates in PEM"), "{useless:?}");
}
