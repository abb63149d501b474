//! A connection to Redis that says at once when it is lost, and comes back by itself.

use std::{
    fmt::{self, Debug, Formatter},
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind, Value,
    aio::MultiplexedConnection,
};
use wisteria_core::platform::Platform;

/// The first pause before another try, which doubles up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// A server of Redis, as long as anything is linked to it.
pub(super) struct RedisConnection {
    client: Client,
    /// Where it is, without credentials.
    address: String,
    config: AsyncConnectionConfig,
    platform: Arc<dyn Platform>,
    state: Mutex<State>,
}

enum State {
    /// The connection, and how many there were before.
    Up(MultiplexedConnection, u64),
    /// Why there is none.
    Down(String),
}

/// Why a command has no reply.
#[derive(Debug)]
pub(super) enum Failure {
    /// Redis cannot be reached, or cannot answer now.
    Unavailable(String),
    /// Redis does not carry it out.
    Refused(RedisError),
    /// What Redis answers is no text.
    Unreadable,
}

impl Debug for RedisConnection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConnection").field("address", &self.address).finish_non_exhaustive()
    }
}

impl RedisConnection {
    /// A connection to where `url` says, on which no answer takes longer than `patience`.
    ///
    /// # Errors
    /// The URL cannot be used, Redis does not let it in, or cannot be reached though it `must`.
    pub(super) async fn open(
        url: &str,
        patience: Duration,
        must: bool,
        platform: Arc<dyn Platform>,
    ) -> Result<Arc<Self>, String> {
        let client = Client::open(url)
            .map_err(|error| format!("`URL` cannot be used: {error}; write it as URL=redis://HOST:6379/0"))?;
        let address = client.get_connection_info().addr().to_string();
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(patience)).set_response_timeout(Some(patience));
        let state = Mutex::new(State::Down("it is being connected".to_owned()));
        let connection = Arc::new(Self { client, address, config, platform, state });
        match connection.connect(0).await {
            Ok(()) => {}
            Err(error) if must || !is_loss(&error) => return Err(connection.unavailable(&error.to_string())),
            Err(_) => connection.reconnect_soon(0),
        }
        Ok(connection)
    }

    /// Has Redis carry out a command. While it is known to be away, this fails without waiting.
    pub(super) async fn run<T: FromRedisValue>(self: &Arc<Self>, command: &Cmd) -> Result<T, Failure> {
        let (mut connection, number) = match &*self.state() {
            State::Up(connection, number) => (connection.clone(), *number),
            State::Down(cause) => return Err(Failure::Unavailable(self.unavailable(cause))),
        };
        match command.query_async::<Value>(&mut connection).await {
            Ok(value) => redis::from_redis_value(value).map_err(|_| Failure::Unreadable),
            Err(error) if is_loss(&error) => {
                self.lost(&error, number);
                Err(Failure::Unavailable(self.unavailable(&error.to_string())))
            }
            Err(error) if is_busy(&error) => Err(Failure::Unavailable(self.unavailable(&error.to_string()))),
            Err(error) => Err(Failure::Refused(error)),
        }
    }

    /// Whether it is there and answers.
    pub(super) async fn health(self: &Arc<Self>) -> Result<(), String> {
        match self.run::<()>(&redis::cmd("PING")).await {
            Ok(()) => Ok(()),
            Err(Failure::Unavailable(why)) => Err(why),
            Err(Failure::Refused(error)) => Err(self.unavailable(&error.to_string())),
            Err(Failure::Unreadable) => Err(self.unavailable("what answers is no Redis")),
        }
    }

    fn unavailable(&self, cause: &str) -> String {
        format!("Redis at {} cannot be reached: {cause}; see that it runs there and lets this server in", self.address)
    }

    async fn connect(&self, number: u64) -> Result<(), RedisError> {
        let connected = self.client.get_multiplexed_async_connection_with_config(&self.config).await;
        match connected {
            Ok(connection) => {
                *self.state() = State::Up(connection, number);
                Ok(())
            }
            Err(error) => {
                *self.state() = State::Down(error.to_string());
                Err(error)
            }
        }
    }

    /// Notes that the connection of that number is lost, once for all that were waiting on it.
    fn lost(self: &Arc<Self>, error: &RedisError, lost: u64) {
        {
            let mut state = self.state();
            match &*state {
                State::Up(_, number) if *number == lost => {}
                _ => return,
            }
            *state = State::Down(error.to_string());
        }
        tracing::warn!(address = self.address, %error, "the connection to Redis is lost");
        self.reconnect_soon(lost + 1);
    }

    /// Tries until it succeeds, or nothing is linked any more.
    fn reconnect_soon(self: &Arc<Self>, number: u64) {
        let (this, platform): (Weak<Self>, _) = (Arc::downgrade(self), self.platform.clone());
        self.platform.spawn(Box::pin(async move {
            let (mut pause, longest) = PAUSES;
            while let Some(connection) = this.upgrade() {
                if connection.connect(number).await.is_ok() {
                    tracing::info!(address = connection.address, "Redis is connected again");
                    return;
                }
                drop(connection);
                platform.sleep(pause).await;
                pause = longest.min(pause * 2);
            }
        }));
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics under this lock")
    }
}

/// Whether the connection is of no use after this.
fn is_loss(error: &RedisError) -> bool {
    error.is_io_error() || error.is_timeout() || error.is_connection_dropped() || error.kind() == ErrorKind::Parse
}

/// Whether Redis says that it cannot serve now.
fn is_busy(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly, TryAgain};
    matches!(error.kind(), ErrorKind::Server(BusyLoading | ClusterDown | MasterDown | ReadOnly | TryAgain))
}
