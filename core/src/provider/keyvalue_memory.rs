//! Key-value in the memory of the host: gone when it stops, the same on servers and in tabs.

use std::{
    collections::BTreeSet,
    ops::Bound,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    keyvalue::{
        CONTRACT, GetResponse, IncrementRequest, ListAddRequest, ListDelRequest, ListRangeRequest, SetAddRequest,
        SetDelRequest, SetRequest, operation,
    },
};

use super::{
    Exported, LinkRefused, LinkedActor, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
    argument,
    expiring::Expiring,
    keyvalue::{self, EXPORTED, Record, Value},
};
use crate::{
    identity::PublicKey,
    platform::{BoxFuture, Platform},
};

/// One space of keys, shared by all linked actors.
#[derive(Debug)]
pub struct MemoryKeyValue {
    platform: Arc<dyn Platform>,
    store: Mutex<Store>,
}

impl MemoryKeyValue {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "keyvalue-memory",
        contract: CONTRACT,
        title: "Key-value in memory",
        built_in: false,
        values: &[],
    };

    /// An empty store.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { platform, store: Mutex::default() }
    }

    fn clocks(&self) -> Clocks {
        Clocks { now: self.platform.now(), unix: self.platform.unix_time() }
    }
}

impl Provider for MemoryKeyValue {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, _link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async { Ok(()) })
    }

    fn unlink(&self, _actor: PublicKey, _link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        let now = self.platform.now();
        let answer = self.store.lock().expect("nothing panics under this lock").answer(&call, now);
        Box::pin(async { answer.map(Bytes::from) })
    }

    fn export<'a>(
        &'a self,
        _link: &'a LinkedActor,
        from: Option<String>,
    ) -> BoxFuture<'a, Result<Exported, ProviderError>> {
        let mut store = self.store.lock().expect("nothing panics under this lock");
        store.0.forget_expired(self.platform.now());
        let exported = store.export(from.as_deref(), &self.clocks());
        Box::pin(async { Ok(exported) })
    }

    fn import<'a>(&'a self, _link: &'a LinkedActor, records: Vec<String>) -> BoxFuture<'a, Result<(), ProviderError>> {
        let imported = records.iter().map(|record| Record::decode(record)).collect::<Result<Vec<_>, _>>();
        let imported = imported.map(|records| {
            let mut store = self.store.lock().expect("nothing panics under this lock");
            let clocks = self.clocks();
            for Record { key, value, expires } in records {
                let expires = expires.map(|at| Duration::from_millis(at).saturating_sub(clocks.unix) + clocks.now);
                store.0.insert(key, value, expires);
            }
        });
        Box::pin(async { imported })
    }
}

/// The same moment by both clocks.
#[derive(Debug)]
struct Clocks {
    now: Duration,
    unix: Duration,
}

/// What keys hold now; what has expired is forgotten at the next operation.
#[derive(Debug, Default)]
struct Store(Expiring<Value>);

type Encoded = Result<Vec<u8>, ProviderError>;

impl Store {
    fn answer(&mut self, call: &ProviderCall, now: Duration) -> Encoded {
        self.0.forget_expired(now);
        let encoded = match &*call.operation {
            operation::INCREMENT => codec::encode(&self.increment(&argument(call)?)?),
            operation::CONTAINS => codec::encode(&self.0.entries().contains_key(&argument::<String>(call)?)),
            operation::DEL | operation::LIST_CLEAR | operation::SET_CLEAR => {
                codec::encode(&self.0.remove(&argument::<String>(call)?))
            }
            operation::GET => codec::encode(&self.get(&argument::<String>(call)?)?),
            operation::SET => {
                self.set(argument(call)?, now);
                Vec::new()
            }
            operation::LIST_ADD => codec::encode(&self.list_add(argument(call)?)?),
            operation::LIST_DEL => codec::encode(&self.list_del(&argument(call)?)?),
            operation::LIST_RANGE => codec::encode(&self.list_range(&argument(call)?)?),
            operation::SET_ADD => codec::encode(&self.set_add(argument(call)?)?),
            operation::SET_DEL => codec::encode(&self.set_del(&argument(call)?)?),
            operation::SET_QUERY => codec::encode(&self.members(&argument::<String>(call)?)?),
            operation::SET_UNION => codec::encode(&self.union(argument(call)?)?),
            operation::SET_INTERSECTION => codec::encode(&self.intersection(&argument::<Vec<String>>(call)?)?),
            _ => return Err(ProviderError::unknown("keyvalue-memory", call, &keyvalue::OPERATIONS)),
        };
        Ok(encoded)
    }

    /// The keys after that one, as many as go at once.
    fn export(&self, after: Option<&str>, clocks: &Clocks) -> Exported {
        let mut exported = Exported::default();
        let mut size = 0;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        for (key, entry) in self.0.entries().range::<str, _>((from, Bound::Unbounded)) {
            if exported.records.len() == EXPORTED.0 || size > EXPORTED.1 {
                return exported;
            }
            let expires = entry.expires.map(|at| (at.saturating_sub(clocks.now) + clocks.unix).as_millis());
            let expires = expires.map(|at| u64::try_from(at).unwrap_or(u64::MAX));
            let record = Record { key: key.clone(), value: entry.value.clone(), expires }.encode();
            size += record.len();
            exported.records.push(record);
            exported.next = Some(key.clone());
        }
        exported.next = None;
        exported
    }

    fn increment(&mut self, request: &IncrementRequest) -> Result<i32, ProviderError> {
        let key = &request.key;
        let text = match self.0.value(key) {
            Some(Value::Text(text)) => text,
            Some(other) => return Err(wrong_kind(key, other, "a number")),
            None => {
                self.0.insert(key.clone(), Value::Text(request.value.to_string()), None);
                return Ok(request.value);
            }
        };
        let sum = keyvalue::incremented(text, request)?;
        *text = sum.to_string();
        Ok(sum)
    }

    fn get(&mut self, key: &str) -> Result<GetResponse, ProviderError> {
        match self.0.value(key) {
            None => Ok(GetResponse::default()),
            Some(Value::Text(text)) => Ok(GetResponse { value: text.clone(), exists: true }),
            Some(other) => Err(wrong_kind(key, other, "a text")),
        }
    }

    fn set(&mut self, request: SetRequest, now: Duration) {
        let expires = match request.expires {
            0 => None,
            seconds => Some(now + Duration::from_secs(seconds.into())),
        };
        self.0.insert(request.key, Value::Text(request.value), expires);
    }

    fn list(&mut self, name: &str) -> Result<Option<&mut Vec<String>>, ProviderError> {
        match self.0.value(name) {
            None => Ok(None),
            Some(Value::List(list)) => Ok(Some(list)),
            Some(other) => Err(wrong_kind(name, other, "a list")),
        }
    }

    fn list_add(&mut self, request: ListAddRequest) -> Result<u32, ProviderError> {
        match self.list(&request.list_name)? {
            Some(list) => {
                list.push(request.value);
                Ok(u32::try_from(list.len()).unwrap_or(u32::MAX))
            }
            None => {
                self.0.insert(request.list_name, Value::List(vec![request.value]), None);
                Ok(1)
            }
        }
    }

    fn list_del(&mut self, request: &ListDelRequest) -> Result<bool, ProviderError> {
        let Some(list) = self.list(&request.list_name)? else {
            return Ok(false);
        };
        let Some(at) = list.iter().position(|item| *item == request.value) else {
            return Ok(false);
        };
        list.remove(at);
        if list.is_empty() {
            self.0.remove(&request.list_name);
        }
        Ok(true)
    }

    fn list_range(&mut self, request: &ListRangeRequest) -> Result<Vec<String>, ProviderError> {
        let Some(list) = self.list(&request.list_name)? else {
            return Ok(Vec::new());
        };
        Ok(list[keyvalue::positions(list.len(), request)].to_vec())
    }

    fn members_mut(&mut self, name: &str) -> Result<Option<&mut BTreeSet<String>>, ProviderError> {
        match self.0.value(name) {
            None => Ok(None),
            Some(Value::Set(set)) => Ok(Some(set)),
            Some(other) => Err(wrong_kind(name, other, "a set")),
        }
    }

    fn members(&mut self, name: &str) -> Result<BTreeSet<String>, ProviderError> {
        Ok(self.members_mut(name)?.cloned().unwrap_or_default())
    }

    fn set_add(&mut self, request: SetAddRequest) -> Result<u32, ProviderError> {
        match self.members_mut(&request.set_name)? {
            Some(set) => Ok(set.insert(request.value).into()),
            None => {
                self.0.insert(request.set_name, Value::Set(BTreeSet::from([request.value])), None);
                Ok(1)
            }
        }
    }

    fn set_del(&mut self, request: &SetDelRequest) -> Result<u32, ProviderError> {
        let Some(set) = self.members_mut(&request.set_name)? else {
            return Ok(0);
        };
        let removed = set.remove(&request.value);
        if set.is_empty() {
            self.0.remove(&request.set_name);
        }
        Ok(removed.into())
    }

    fn union(&mut self, names: Vec<String>) -> Result<BTreeSet<String>, ProviderError> {
        let mut union = BTreeSet::new();
        for name in names {
            union.extend(self.members(&name)?);
        }
        Ok(union)
    }

    fn intersection(&mut self, names: &[String]) -> Result<BTreeSet<String>, ProviderError> {
        let Some((first, rest)) = names.split_first() else {
            return Ok(BTreeSet::new());
        };
        let mut common = self.members(first)?;
        for name in rest {
            let members = self.members(name)?;
            common.retain(|member| members.contains(member));
        }
        Ok(common)
    }
}

fn wrong_kind(key: &str, found: &Value, wanted: &str) -> ProviderError {
    keyvalue::wrong_kind(key, found.kind(), wanted)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::identity::KeyKind;

    fn ask(store: &mut Store, operation: &str, argument: &impl Serialize, seconds: u64) -> Encoded {
        let call = ProviderCall {
            actor: PublicKey::from_bytes(KeyKind::Module, [0; 32]),
            link_name: "default".into(),
            operation: operation.into(),
            context: crate::call::CallContext::root(Duration::ZERO),
            payload: codec::encode(argument).into(),
        };
        store.answer(&call, Duration::from_secs(seconds))
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "expectations read best as plain values")]
    fn check<T: DeserializeOwned + PartialEq + std::fmt::Debug>(
        store: &mut Store,
        operation: &str,
        argument: &impl Serialize,
        expected: T,
    ) {
        let reply = ask(store, operation, argument, 0).expect("answered");
        assert_eq!(codec::decode::<T>(&reply).expect("decodes"), expected);
    }

    fn set(key: &str, value: &str, expires: u32) -> SetRequest {
        SetRequest { key: key.to_owned(), value: value.to_owned(), expires }
    }

    fn add(key: &str, value: i32) -> IncrementRequest {
        IncrementRequest { key: key.to_owned(), value }
    }

    #[test]
    fn a_number_grows_from_nothing_and_never_overflows() {
        let store = &mut Store::default();
        check(store, operation::INCREMENT, &add("n", 2), 2);
        check(store, operation::INCREMENT, &add("n", i32::MAX - 2), i32::MAX);
        let error = ask(store, operation::INCREMENT, &add("n", 1), 0).expect_err("overflows");
        assert!(error.to_string().contains("32 bits"), "{error}");
        check(store, operation::GET, &"n", GetResponse { value: i32::MAX.to_string(), exists: true });
    }

    #[test]
    fn a_value_expires() {
        let store = &mut Store::default();
        ask(store, operation::SET, &set("k", "v", 10), 0).expect("set");
        let exists = |store: &mut Store, at| {
            let reply = ask(store, operation::CONTAINS, &"k", at).expect("answered");
            codec::decode::<bool>(&reply).expect("decodes")
        };
        assert!(exists(store, 9));
        assert!(!exists(store, 10));
    }

    #[test]
    fn what_has_expired_takes_no_room() {
        let store = &mut Store::default();
        for key in ["a", "b", "c", "d", "e"] {
            ask(store, operation::SET, &set(key, "v", 10), 0).expect("set");
        }
        ask(store, operation::DEL, &"a", 0).expect("deleted");
        ask(store, operation::SET, &set("b", "for good", 0), 0).expect("set");
        ask(store, operation::SET, &set("c", "for longer", 20), 0).expect("set");
        ask(store, operation::GET, &"another", 10).expect("answered");
        assert_eq!(store.0.entries().keys().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(store.0.expiring(), 1);
    }

    #[test]
    fn lists_keep_their_order_and_count_from_both_ends() {
        let store = &mut Store::default();
        for (length, value) in [(1, "a"), (2, "b"), (3, "c")] {
            let item = ListAddRequest { list_name: "l".to_owned(), value: value.to_owned() };
            check(store, operation::LIST_ADD, &item, length);
        }
        let range = |start, stop| ListRangeRequest { list_name: "l".to_owned(), start, stop };
        let texts = |expected: &[&str]| expected.iter().map(ToString::to_string).collect::<Vec<_>>();
        check(store, operation::LIST_RANGE, &range(0, -1), texts(&["a", "b", "c"]));
        check(store, operation::LIST_RANGE, &range(-2, 9), texts(&["b", "c"]));
        check(store, operation::LIST_RANGE, &range(2, 1), texts(&[]));
        check(store, operation::LIST_RANGE, &range(i32::MIN, i32::MAX), texts(&["a", "b", "c"]));
        let item = ListDelRequest { list_name: "l".to_owned(), value: "b".to_owned() };
        check(store, operation::LIST_DEL, &item, true);
        check(store, operation::LIST_DEL, &item, false);
    }

    #[test]
    fn sets_unite_and_intersect() {
        let store = &mut Store::default();
        for (set, value) in [("s", "a"), ("s", "b"), ("t", "b")] {
            let member = SetAddRequest { set_name: set.to_owned(), value: value.to_owned() };
            check(store, operation::SET_ADD, &member, 1);
            check(store, operation::SET_ADD, &member, 0);
        }
        check(store, operation::SET_UNION, &["s", "t"], vec!["a".to_owned(), "b".to_owned()]);
        check(store, operation::SET_INTERSECTION, &["s", "t"], vec!["b".to_owned()]);
        check(store, operation::SET_CLEAR, &"s", true);
        check(store, operation::SET_QUERY, &"s", Vec::<String>::new());
    }

    #[test]
    fn what_a_key_holds_is_named_when_it_is_something_else() {
        let store = &mut Store::default();
        ask(store, operation::SET, &set("k", "v", 0), 0).expect("set");
        let refused = |answer: Encoded, part: &str| {
            let error = answer.expect_err("refused").to_string();
            assert!(error.contains(part), "{error}");
        };
        refused(ask(store, operation::INCREMENT, &add("k", 1), 0), "no whole number");
        refused(ask(store, operation::SET_QUERY, &"k", 0), "holds a text, not a set");
        refused(ask(store, "KeyValue.Frobnicate", &"k", 0), "KeyValue.Increment");
        refused(ask(store, operation::INCREMENT, &"k", 0), "cannot be read");
    }
}
