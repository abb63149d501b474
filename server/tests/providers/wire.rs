//! The network between a provider and its product, which a test may cut: the product goes on, nobody reaches it.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Hands what comes to its port to another.
#[derive(Debug)]
pub(crate) struct Wire {
    port: u16,
    product: u16,
    passing: Option<JoinHandle<()>>,
}

impl Wire {
    /// One to the product on that port.
    pub(crate) async fn to(product: u16) -> Self {
        let mut wire = Self { port: 0, product, passing: None };
        wire.mend().await;
        wire
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends all connections and lets none in.
    pub(crate) async fn cut(&mut self) {
        let passing = self.passing.take().expect("it is whole");
        passing.abort();
        assert!(passing.await.expect_err("it was ended").is_cancelled());
    }

    /// Lets connections in again, where they were before.
    pub(crate) async fn mend(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the port is free");
        self.port = listener.local_addr().expect("an address").port();
        let product = self.product;
        self.passing = Some(tokio::spawn(async move {
            // They end with it.
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                connections.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", product)).await {
                        // Either side may end it.
                        drop(copy_bidirectional(&mut client, &mut server).await);
                    }
                });
            }
        }));
    }
}
