//! A small, repeatable mutator for the short run: the same seed gives the same inputs.

/// Pieces that the grammars have, so that a mutation has a chance to stay near them.
const TOKENS: [&str; 48] = [
    " eq ",
    " ne ",
    " co ",
    " sw ",
    " gt ",
    " le ",
    " pr",
    " and ",
    " or ",
    "not (",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\\",
    ".",
    ":",
    "null",
    "true",
    "-1",
    "1e9",
    "\\ud83d",
    "emails",
    "members",
    "value",
    "type",
    "schemas",
    "primary",
    "id",
    "meta.lastModified",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "{}",
    "[]",
    "\"op\":\"remove\"",
    "bulkId:",
    "/Users/1",
    "?filter=",
    "&count=",
    "\n",
    "=",
    ",",
    "+",
    "#04",
    "\\2c",
    "\\,",
    "ou=people,dc=example,dc=org",
    "\u{30}\u{1}",
];
/// Longest input.
const LONGEST: usize = 4096;

/// Makes inputs out of seeds.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// With a seed other than 0.
    pub fn new(seed: u64) -> Self {
        Self { state: seed.max(1) }
    }

    /// A number below `bound` (xorshift64*); 0 where the bound is 0.
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let number = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16;
        usize::try_from(number).unwrap_or(usize::MAX).checked_rem(bound).unwrap_or_default()
    }

    /// One of the seeds with one to six changes.
    pub fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let index = self.below(seeds.len());
        let mut input = seeds.get(index).cloned().unwrap_or_default();
        for _ in 0..=self.below(6) {
            self.change(&mut input, seeds);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(12)).min(input.len());
        match self.below(6) {
            0 if at < input.len() => {
                let bit = 1 << self.below(8);
                input.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bit);
            }
            1 if at < end => drop(input.drain(at..end)),
            2 if at < end => {
                let twice: Vec<u8> = input.iter().skip(at).take(end - at).copied().collect();
                input.splice(at..at, twice);
            }
            3 => {
                let other = self.below(seeds.len());
                let tail: Vec<u8> =
                    seeds.get(other).map(|seed| seed.iter().skip(at).copied().collect()).unwrap_or_default();
                input.truncate(at);
                input.extend(tail);
            }
            _ => {
                let token = self.below(TOKENS.len());
                let token = TOKENS.get(token).copied().unwrap_or_default();
                input.splice(at..at, token.bytes());
            }
        }
    }
}
