//! Which of a cluster's nodes keeps a key.

/// How many slots the keys of a cluster are spread over.
pub(crate) const SLOTS: u16 = 16384;

/// The slot of a key: the checksum of what stands in the first pair of braces, or of the whole key.
///
/// # References
///
/// [Redis cluster specification](https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags)
pub(crate) fn slot_of(key: &[u8]) -> u16 {
    checksum(tag_of(key)) % SLOTS
}

fn tag_of(key: &[u8]) -> &[u8] {
    let tag = || {
        let open = key.iter().position(|&byte| byte == b'{')?;
        let rest = key.get(open + 1..)?;
        let length = rest.iter().position(|&byte| byte == b'}')?;
        rest.get(..length).filter(|tag| !tag.is_empty())
    };
    tag().unwrap_or(key)
}

/// CRC-16/XMODEM.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ (u16::from(byte) << 8), |sum, _| match sum & 0x8000 {
            0 => sum << 1,
            _ => (sum << 1) ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(checksum(b"123456789"), 0x31C3);
    }

    #[test]
    fn what_is_in_braces_decides() {
        assert_eq!(slot_of(b"pc:a:{q:x}:h"), slot_of(b"pc:b:{q:x}:m"));
        assert_eq!(slot_of(b"foo"), 12182);
        assert_eq!(slot_of(b"a{}b"), checksum(b"a{}b") % SLOTS);
    }
}
