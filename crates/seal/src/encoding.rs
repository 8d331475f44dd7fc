//! The one unambiguous encoding of several byte strings as one: a label, the number of parts, each part with its
//! length. Two different lists never give the same bytes, so a tenant "ab" with record "c" is not "a" with "bc".

/// Encodes `label` and `parts`; every length is a big-endian `u64`.
pub(crate) fn framed(label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let size = parts.iter().map(|part| part.len() + 8).sum::<usize>();
    let mut bytes = Vec::with_capacity(label.len() + 16 + size);
    push(&mut bytes, label.as_bytes());
    bytes.extend_from_slice(&(parts.len() as u64).to_be_bytes());
    for part in parts {
        push(&mut bytes, part);
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
    bytes.extend_from_slice(part);
}
