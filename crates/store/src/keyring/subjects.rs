//! Subjects' keys in memory.

use std::collections::HashMap;
use std::sync::Arc;

use covenant_seal::KeyId;

use super::OwnerKey;

/// Subjects' keys in memory, in two generations: when the young one is full it becomes the old one, and what was not
/// asked for since is wiped. Keys that are not stored yet stay.
pub(super) struct Subjects {
    capacity: usize,
    young: HashMap<[u8; 32], Arc<OwnerKey>>,
    old: HashMap<[u8; 32], Arc<OwnerKey>>,
}

impl Subjects {
    pub(super) fn new(capacity: usize) -> Subjects {
        Subjects {
            capacity: (capacity / 2).max(1),
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    pub(super) fn get(&mut self, subject: &[u8; 32]) -> Option<Arc<OwnerKey>> {
        if let Some(key) = self.young.get(subject) {
            return Some(Arc::clone(key));
        }
        let key = self.old.remove(subject)?;
        self.insert(*subject, Arc::clone(&key));
        Some(key)
    }

    pub(super) fn get_or_insert(&mut self, subject: [u8; 32], key: OwnerKey) -> Arc<OwnerKey> {
        if let Some(key) = self.get(&subject) {
            return key;
        }
        let key = Arc::new(key);
        self.insert(subject, Arc::clone(&key));
        key
    }

    pub(super) fn insert(&mut self, subject: [u8; 32], key: Arc<OwnerKey>) {
        if self.young.len() >= self.capacity {
            let unstored = self.old.drain().filter(|(_, key)| !key.is_stored());
            let mut kept: HashMap<_, _> = unstored.collect();
            kept.extend(self.young.drain());
            self.old = kept;
        }
        self.young.insert(subject, key);
    }

    pub(super) fn forget(&mut self, subject: &[u8; 32]) {
        self.young.remove(subject);
        self.old.remove(subject);
    }

    /// Forgets a subject's key if it is this one.
    pub(super) fn forget_key(&mut self, subject: &[u8; 32], id: &KeyId) {
        for keys in [&mut self.young, &mut self.old] {
            if keys.get(subject).is_some_and(|key| key.row.id == *id) {
                keys.remove(subject);
            }
        }
    }

    pub(super) fn forget_unstored(&mut self) {
        self.young.retain(|_, key| key.is_stored());
        self.old.retain(|_, key| key.is_stored());
    }
}
