//! What a terminal sends, RFC 854: lines of text, with commands in between that begin with the byte 255. All options are
//! refused, so that both sides stay what they are at the beginning: whole lines, shown by the terminal itself.

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

/// Something that was said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A line, without its end, without control characters but tabs, and with U+FFFD for what is no UTF-8.
    Line(String),
    /// A wish for an option, and the answer to it.
    Wish([u8; 3]),
    /// The line has become too long.
    TooLong,
}

/// Takes byte by byte.
#[derive(Debug)]
pub(super) struct Parser {
    state: State,
    line: Vec<u8>,
    max_line: usize,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Text,
    /// After a carriage return, which ended a line; the rest of that end may follow.
    Returned,
    Command,
    /// After one of the four verbs, which an option follows.
    Verb(u8),
    /// In what is said about an option.
    About,
    AboutCommand,
}

impl Parser {
    /// At the beginning of a session whose lines have so many bytes at most.
    pub(super) fn new(max_line: usize) -> Self {
        Self { state: State::Text, line: Vec::new(), max_line }
    }

    /// Takes the next byte.
    pub(super) fn take(&mut self, byte: u8) -> Option<Heard> {
        let state = std::mem::replace(&mut self.state, State::Text);
        match (state, byte) {
            (State::Returned, b'\n' | 0) => None,
            (State::Text | State::Returned, IAC) => self.goes_on(State::Command),
            (State::Text | State::Returned, _) | (State::Command, IAC) => self.text(byte),
            (State::Command, WILL | WONT | DO | DONT) => self.goes_on(State::Verb(byte)),
            (State::Command, SB) => self.goes_on(State::About),
            (State::Command, _) => None,
            (State::Verb(WILL), option) => Some(Heard::Wish([IAC, DONT, option])),
            (State::Verb(DO), option) => Some(Heard::Wish([IAC, WONT, option])),
            // What was never agreed on has ended already.
            (State::Verb(_), _) | (State::AboutCommand, SE) => None,
            (State::About, IAC) => self.goes_on(State::AboutCommand),
            (State::About | State::AboutCommand, _) => self.goes_on(State::About),
        }
    }

    fn goes_on(&mut self, state: State) -> Option<Heard> {
        self.state = state;
        None
    }

    fn text(&mut self, byte: u8) -> Option<Heard> {
        match byte {
            b'\r' => {
                self.state = State::Returned;
                Some(self.end())
            }
            b'\n' => Some(self.end()),
            _ if self.line.len() == self.max_line => Some(Heard::TooLong),
            _ => {
                self.line.push(byte);
                None
            }
        }
    }

    fn end(&mut self) -> Heard {
        let line = std::mem::take(&mut self.line);
        let mut text = String::from_utf8_lossy(&line).into_owned();
        // What one types is not to command the terminals of others.
        text.retain(|character| character == '\t' || !character.is_control());
        Heard::Line(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bytes: &[u8]) -> Vec<Heard> {
        let mut parser = Parser::new(16);
        bytes.iter().filter_map(|byte| parser.take(*byte)).collect()
    }

    fn lines(bytes: &[u8]) -> Vec<String> {
        let text = |heard| match heard {
            Heard::Line(text) => text,
            other => panic!("{other:?}"),
        };
        heard(bytes).into_iter().map(text).collect()
    }

    #[test]
    fn a_line_ends_in_each_way_that_there_is() {
        assert_eq!(lines(b"a\r\nb\nc\r\0d\re\r\n\r\n\n\n"), ["a", "b", "c", "d", "e", "", "", ""]);
        assert_eq!(lines(b"not ended"), [""; 0]);
    }

    #[test]
    fn what_is_no_text_is_replaced_or_left_out() {
        assert_eq!(lines("ä€😀\tx\n".as_bytes()), ["ä€😀\tx"]);
        assert_eq!(lines(b"a\xc3\x28\x80\n"), ["a\u{fffd}(\u{fffd}"]);
        assert_eq!(lines(b"a\x08\x7f\0\x1b[2J\x07b\n"), ["a[2Jb"]);
        assert_eq!(lines("\u{9b}x\n".as_bytes()), ["x"]);
        assert_eq!(lines(b"a\xff\xffb\n"), ["a\u{fffd}b"], "a byte 255 is said twice");
    }

    #[test]
    fn options_are_refused_and_all_else_that_is_said_of_them_is_left_out() {
        assert_eq!(heard(&[IAC, DO, 1]), [Heard::Wish([IAC, WONT, 1])]);
        assert_eq!(heard(&[IAC, WILL, IAC]), [Heard::Wish([IAC, DONT, IAC])]);
        assert_eq!(heard(&[IAC, DONT, 1, IAC, WONT, 31, IAC, 241, IAC, 246]), []);
        let about = [b'a', IAC, SB, 24, 0, b'x', b'\n', IAC, IAC, SE, IAC, 1, IAC, SE, b'b', b'\r', IAC, 241, b'\n'];
        assert_eq!(lines(&about), ["ab", ""], "the second end is one of its own");
    }

    #[test]
    fn a_line_has_so_many_bytes_and_no_more() {
        assert_eq!(lines(b"0123456789abcdef\n"), ["0123456789abcdef"]);
        assert_eq!(heard(b"0123456789abcdefg"), [Heard::TooLong]);
        let mut parser = Parser::new(16);
        let endless = std::iter::repeat_n(b'x', 1_000_000).chain([IAC, SB]).chain(std::iter::repeat_n(b'x', 1_000_000));
        let told = endless.filter_map(|byte| parser.take(byte)).count();
        assert!(told > 0 && parser.line.capacity() <= 32, "nothing grows");
    }
}
