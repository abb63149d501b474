//! Has a deep zoom drawn on a page, tile by tile, by all hosts that run `fractal-tile`.
//!
//! The work goes by turns: a turn is a message to this actor, which has one tile computed, draws it, and sends the next. As many
//! turns as are sent at first are on their way at once, and the lattice spreads their calls. A call that fails, as when the host
//! that computes is lost, is made again, and reaches another; what is not drawn at the end of a picture is taken once more. So no
//! tile is lost, whoever leaves. What is drawn stands in a key-value store.

mod picture;

use fractal::{Tile, HEIGHT, PICTURES, RENDER, TILE, TILES, WIDTH};
use picture::Picture;
use wisteria_actor::{
    call_actor,
    contracts::{messaging, ui},
    handlers, keyvalue,
    messaging::{self as broker, SubMessage},
    ui::{self as page, DrawRequest, InputKind, UiEvent, UiEventKind},
    Result,
};

handlers! {
    "Farm.Open" => open,
    "Farm.Progress" => progress,
    ui::operation::HANDLE_EVENT => press,
    messaging::operation::HANDLE_MESSAGE => turn,
}

/// Turns on their way at once.
const TURNS: u32 = 12;
/// How often a tile is asked for before the farm rests.
const TRIES: u32 = 6;
/// Where turns go.
const SUBJECT: &str = "farm.turn";
/// Who computes tiles: an actor's key.
const WORKER: &str = "farm:worker";
/// The picture that is drawn, counted from 0 and never again the same.
const CURRENT: &str = "farm:picture";
/// What the farm says while it rests; [`AT_WORK`] while it does not.
const RESTS: &str = "farm:rests";
const AT_WORK: &str = "no";
/// What stands on the page.
const CANVAS: &str = "fractal";
const STATUS: &str = "status";
const BUTTON: &str = "rest";

/// The key of the actor that computes tiles → nothing. Begins to draw.
fn open(worker: String) -> Result<()> {
    let store = keyvalue::default();
    store.set(WORKER, &worker, 0)?;
    store.set(RESTS, AT_WORK, 0)?;
    let page = page::default();
    page.show_canvas(CANVAS, WIDTH, HEIGHT)?;
    page.show_text(STATUS, "The first picture", false)?;
    page.show_input(BUTTON, InputKind::Button, "Rest", None)?;
    begin(current()?)
}

/// Nothing → the picture that is drawn, and how many of its tiles are.
fn progress(_: ()) -> Result<(u32, u32, u32)> {
    let picture = current()?;
    Ok((picture, Picture(picture).drawn()?.len() as u32, TILES))
}

fn press(event: UiEvent) -> Result<()> {
    if event.kind != UiEventKind::Press || event.name != BUTTON {
        return Ok(());
    }
    if rests()?.is_none() {
        return rest("Rests");
    }
    keyvalue::default().set(RESTS, AT_WORK, 0)?;
    page::default().show_input(BUTTON, InputKind::Button, "Rest", None)?;
    begin(current()?)
}

/// Sends the turns of a picture.
fn begin(picture: u32) -> Result<()> {
    for _ in 0..TURNS {
        send(picture)?;
    }
    Ok(())
}

fn send(picture: u32) -> Result<()> {
    broker::default().publish(SUBJECT, picture.to_string().as_bytes())
}

/// One tile of the picture that the message names.
fn turn(message: SubMessage) -> Result<()> {
    let number: u32 = String::from_utf8_lossy(&message.body).parse().map_err(|_| "a turn names its picture")?;
    if rests()?.is_some() || number != current()? {
        return Ok(());
    }
    let picture = Picture(number);
    let Some(tile) = picture.take()? else {
        return Ok(());
    };
    let tile = Tile { picture: number % PICTURES, tile };
    match render(tile) {
        // Another turn may have computed it meanwhile, and the next picture begun.
        Ok(_) if number != current()? => return Ok(()),
        Ok(pixels) => {
            let (x, y) = tile.place();
            let (x, y) = (x as i32, y as i32);
            page::default().draw(&DrawRequest {
                canvas: CANVAS.to_owned(),
                x,
                y,
                width: TILE,
                height: TILE,
                pixels,
            })?;
        }
        Err(error) => return rest(&format!("Rests, as no host computes tiles: {error}")),
    }
    if !picture.finish(tile.tile)? {
        return send(number);
    }
    picture.forget()?;
    next(number + 1)
}

/// Asks for a tile until one host has computed it.
fn render(tile: Tile) -> Result<Vec<u8>> {
    let worker = keyvalue::default().get(WORKER)?.ok_or("the farm was not opened; call Farm.Open first")?;
    let mut tries = 1;
    loop {
        match call_actor::<_, fractal::Pixels>(&worker, RENDER, &tile) {
            Ok(pixels) => return Ok(pixels.pixels),
            Err(error) if tries == TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

fn next(number: u32) -> Result<()> {
    keyvalue::default().set(CURRENT, &number.to_string(), 0)?;
    let depth = f64::from(number % PICTURES) * 4.0_f64.log10();
    page::default().show_text(STATUS, &format!("Magnified 10^{depth:.0} times, picture {}", number + 1), false)?;
    match rests()? {
        // It may have been told to meanwhile, and what it said then stands no more.
        Some(why) => page::default().show_text(STATUS, &why, false),
        None => begin(number),
    }
}

fn rest(why: &str) -> Result<()> {
    keyvalue::default().set(RESTS, why, 0)?;
    page::default().show_text(STATUS, why, false)?;
    page::default().show_input(BUTTON, InputKind::Button, "Go on", None)
}

fn rests() -> Result<Option<String>> {
    Ok(keyvalue::default().get(RESTS)?.filter(|why| why != AT_WORK))
}

fn current() -> Result<u32> {
    Ok(keyvalue::default().get(CURRENT)?.and_then(|number| number.parse().ok()).unwrap_or(0))
}
