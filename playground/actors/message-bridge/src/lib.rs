//! Answers a message with its own body. One that wants no answer is carried on under the link name `outside`, below
//! `bridged`, so that two brokers that do not know each other meet in this actor.

use wasmbus_rpc::actor::prelude::*;
use wasmcloud_interface_messaging::{
    MessageSubscriber, MessageSubscriberReceiver, Messaging, MessagingSender, PubMessage, SubMessage,
};

#[derive(Debug, Default, Actor, HealthResponder)]
#[services(Actor, MessageSubscriber)]
struct MessageBridge {}

#[async_trait]
impl MessageSubscriber for MessageBridge {
    async fn handle_message(&self, ctx: &Context, message: &SubMessage) -> RpcResult<()> {
        let body = message.body.clone();
        let (way, subject) = match &message.reply_to {
            Some(reply_to) => (MessagingSender::new(), reply_to.clone()),
            None => {
                let outside = WasmHost::to_provider("wasmcloud:messaging", "outside")?;
                (MessagingSender::via(outside), format!("bridged.{}", message.subject))
            }
        };
        way.publish(ctx, &PubMessage { subject, reply_to: None, body }).await
    }
}
