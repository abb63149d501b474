//! Greets WebSockets by their path, says back what they say, and ends those that say `bye`. Those that ask for `/closed` are
//! not taken. Requests that ask for no WebSocket are answered, too.

use wisteria_actor::{
    handlers,
    websocket::{self, WebSocketMessage, WebSocketOpened},
    HttpRequest, HttpResponse, Result,
};

handlers! {
    "HttpServer.HandleRequest" => explain,
    "WebSocket.Opened" => greet,
    "WebSocket.Received" => echo,
    "WebSocket.Closed" => forget,
}

fn explain(request: HttpRequest) -> Result<HttpResponse> {
    Ok(wisteria_actor::http::text(format!("open {} as a WebSocket", request.path)))
}

fn greet(opened: WebSocketOpened) -> Result<bool> {
    if opened.path == "/closed" {
        return Ok(false);
    }
    websocket::default().send_text(&opened.session, &format!("welcome to {}", opened.path))
}

fn echo(message: WebSocketMessage) -> Result<()> {
    let sockets = websocket::default();
    match message.text.as_deref() {
        Some("bye") => sockets.close(&message.session, "you said so")?,
        _ => sockets.send(&message)?,
    };
    Ok(())
}

fn forget(_session: String) -> Result<()> {
    Ok(())
}
