//! Scripts of Redis. It keeps them by their digests, so that one is sent where Redis does not have it, and not each time.

use std::sync::{Arc, OnceLock};

use data_encoding::HEXLOWER;
use redis::{Cmd, ErrorKind, FromRedisValue, ServerErrorKind, ToRedisArgs, cmd};
use sha1::{Digest, Sha1};

use super::redis_connection::{Failure, RedisConnection};

/// A script.
#[derive(Debug)]
pub(super) struct Script {
    code: &'static str,
    digest: OnceLock<String>,
}

impl Script {
    /// The one of that code.
    pub(super) const fn new(code: &'static str) -> Self {
        Self { code, digest: OnceLock::new() }
    }

    /// A call of it with these keys, and no argument yet.
    pub(super) fn on(&'static self, keys: &[String]) -> ScriptCall {
        let mut call = ScriptCall { script: self, keys_and_arguments: Vec::new() };
        call.arg(keys.len()).arg(keys);
        call
    }

    fn digest(&self) -> &str {
        self.digest.get_or_init(|| HEXLOWER.encode(&Sha1::digest(self.code)))
    }
}

/// A script with what it works on.
#[derive(Debug)]
pub(super) struct ScriptCall {
    script: &'static Script,
    keys_and_arguments: Vec<Vec<u8>>,
}

impl ScriptCall {
    /// Adds an argument.
    pub(super) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        argument.write_redis_args(&mut self.keys_and_arguments);
        self
    }

    fn by(&self, command: &str, script: &str) -> Cmd {
        let mut command = cmd(command);
        command.arg(script).arg(&self.keys_and_arguments);
        command
    }
}

impl RedisConnection {
    /// Has Redis carry out a script.
    pub(super) async fn call<T: FromRedisValue>(self: &Arc<Self>, call: &ScriptCall) -> Result<T, Failure> {
        match self.run(&call.by("EVALSHA", call.script.digest())).await {
            // It was started again, or told to forget, and keeps what is sent in full.
            Err(Failure::Refused(error)) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.run(&call.by("EVAL", call.script.code)).await
            }
            outcome => outcome,
        }
    }
}
