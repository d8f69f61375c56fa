// SHA-1 and SHA-2 (FIPS 180-4). Written out because the pure core imports no cryptography; they name and compare, they
// guard nothing.

/// The 20 bytes of SHA-1.
func sha1(_ message: [UInt8]) -> [UInt8] {
  var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
  let padded = padded(message, block: 64)
  for start in stride(from: 0, to: padded.count, by: 64) {
    var schedule: [UInt32] = words(padded, from: start)
    for index in 16..<80 {
      let mixed = schedule[index - 3] ^ schedule[index - 8] ^ schedule[index - 14] ^ schedule[index - 16]
      schedule.append(rotatedLeft(mixed, 1))
    }
    compressSHA1(&state, schedule)
  }
  return state.flatMap(bigEndian)
}

private func compressSHA1(_ state: inout [UInt32], _ schedule: [UInt32]) {
  var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
  for (round, word) in schedule.enumerated() {
    let (mixed, constant): (UInt32, UInt32)
    switch round {
    case ..<20: (mixed, constant) = (b & c | ~b & d, 0x5A82_7999)
    case ..<40: (mixed, constant) = (b ^ c ^ d, 0x6ED9_EBA1)
    case ..<60: (mixed, constant) = (b & c | b & d | c & d, 0x8F1B_BCDC)
    default: (mixed, constant) = (b ^ c ^ d, 0xCA62_C1D6)
    }
    let sum = rotatedLeft(a, 5) &+ mixed &+ e &+ constant &+ word
    (a, b, c, d, e) = (sum, a, rotatedLeft(b, 30), c, d)
  }
  for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
}

/// The 32 bytes of SHA-256.
func sha256(_ message: [UInt8]) -> [UInt8] {
  let variant = SHA2<UInt32>(
    initial: sha2Words(of: initialFractions), constants: sha2Words(of: roundFractions.prefix(64)),
    largeA: (2, 13, 22), largeE: (6, 11, 25), smallLow: (7, 18, 3), smallHigh: (17, 19, 10))
  return variant.hash(message, block: 64)
}

/// The 64 bytes of SHA-512.
func sha512(_ message: [UInt8]) -> [UInt8] {
  let variant = SHA2<UInt64>(
    initial: initialFractions, constants: roundFractions, largeA: (28, 34, 39), largeE: (14, 18, 41),
    smallLow: (1, 8, 7), smallHigh: (19, 61, 6))
  return variant.hash(message, block: 128)
}

/// The first 64 bits after the point of the square roots of the first 8 primes.
private let initialFractions = primes(8).map { fractionOfRoot($0, degree: 2) }
/// The first 64 bits after the point of the cube roots of the first 80 primes.
private let roundFractions = primes(80).map { fractionOfRoot($0, degree: 3) }

/// SHA-256 uses the upper halves of SHA-512's constants.
private func sha2Words(of fractions: some Sequence<UInt64>) -> [UInt32] {
  fractions.map { UInt32($0 >> 32) }
}

private func primes(_ count: Int) -> [Int] {
  var primes: [Int] = []
  var candidate = 2
  while primes.count < count {
    if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
    candidate += 1
  }
  return primes
}

/// The first 64 bits after the binary point of a root of `number`, found bit by bit: the largest r with
/// r^degree <= number * 2^(64 * degree).
private func fractionOfRoot(_ number: Int, degree: Int) -> UInt64 {
  let target = WideInteger(UInt64(number)).shiftedLeft(words: 2 * degree)
  var root = WideInteger(0)
  // Roots of numbers below 512 have fewer than 5 bits before the point (square) or 4 (cube).
  for bit in (0..<69).reversed() {
    let candidate = root.setting(bit: bit)
    if (0..<(degree - 1)).reduce(candidate, { power, _ in power.multiplied(by: candidate) }).isAtMost(target) {
      root = candidate
    }
  }
  return root.low64
}

/// An unsigned integer of any width, in words of 32 bits, lowest first.
private struct WideInteger {
  private var words: [UInt32]

  init(_ value: UInt64) { words = [UInt32(truncatingIfNeeded: value), UInt32(value >> 32)] }

  private init(words: [UInt32]) { self.words = words }

  var low64: UInt64 { UInt64(words[0]) | UInt64(words[1]) << 32 }

  func shiftedLeft(words count: Int) -> WideInteger {
    WideInteger(words: Array(repeating: 0, count: count) + words)
  }

  func setting(bit: Int) -> WideInteger {
    var result = words + Array(repeating: 0, count: max(0, bit / 32 + 1 - words.count))
    result[bit / 32] |= 1 << UInt32(bit % 32)
    return WideInteger(words: result)
  }

  func multiplied(by other: WideInteger) -> WideInteger {
    var result = Array(repeating: UInt32(0), count: words.count + other.words.count)
    for (index, word) in words.enumerated() {
      var carry: UInt64 = 0
      for (offset, factor) in other.words.enumerated() {
        let sum = UInt64(word) * UInt64(factor) + UInt64(result[index + offset]) + carry
        result[index + offset] = UInt32(truncatingIfNeeded: sum)
        carry = sum >> 32
      }
      result[index + other.words.count] = UInt32(carry)
    }
    return WideInteger(words: result)
  }

  func isAtMost(_ other: WideInteger) -> Bool {
    for index in (0..<max(words.count, other.words.count)).reversed() {
      let left = index < words.count ? words[index] : 0
      let right = index < other.words.count ? other.words[index] : 0
      if left != right { return left < right }
    }
    return true
  }
}

/// What SHA-256 and SHA-512 have in common.
private struct SHA2<Word: FixedWidthInteger & UnsignedInteger & Sendable> {
  let initial: [Word]
  let constants: [Word]
  /// Rotations of the two large and the two small sums; the last of a small sum is a shift.
  let largeA: (Word, Word, Word), largeE: (Word, Word, Word)
  let smallLow: (Word, Word, Word), smallHigh: (Word, Word, Word)

  func hash(_ message: [UInt8], block: Int) -> [UInt8] {
    var state = initial
    let padded = padded(message, block: block)
    for start in stride(from: 0, to: padded.count, by: block) {
      var schedule: [Word] = words(padded, from: start)
      for index in 16..<constants.count {
        let low = small(schedule[index - 15], smallLow)
        let high = small(schedule[index - 2], smallHigh)
        schedule.append(schedule[index - 16] &+ low &+ schedule[index - 7] &+ high)
      }
      compress(&state, schedule)
    }
    return state.flatMap(bigEndian)
  }

  private func compress(_ state: inout [Word], _ schedule: [Word]) {
    var v = state
    for (constant, word) in zip(constants, schedule) {
      let choice = v[4] & v[5] ^ ~v[4] & v[6]
      let majority = v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]
      let first = v[7] &+ large(v[4], largeE) &+ choice &+ constant &+ word
      let second = large(v[0], largeA) &+ majority
      v = [first &+ second, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
    }
    for index in state.indices { state[index] &+= v[index] }
  }

  private func large(_ word: Word, _ by: (Word, Word, Word)) -> Word {
    rotatedRight(word, by.0) ^ rotatedRight(word, by.1) ^ rotatedRight(word, by.2)
  }

  private func small(_ word: Word, _ by: (Word, Word, Word)) -> Word {
    rotatedRight(word, by.0) ^ rotatedRight(word, by.1) ^ word >> by.2
  }
}

private func rotatedRight<Word: FixedWidthInteger>(_ word: Word, _ count: Word) -> Word {
  word >> count | word << (Word(Word.bitWidth) - count)
}

private func rotatedLeft(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }

/// The message, a 1 bit, zeros and the message's length in bits, in whole blocks.
private func padded(_ message: [UInt8], block: Int) -> [UInt8] {
  let lengthBytes = block / 8
  let zeros = (2 * block - 1 - lengthBytes - message.count % block) % block
  let length = bigEndian(UInt64(message.count) * 8)
  return message + [0x80] + Array(repeating: 0, count: zeros + lengthBytes - 8) + length
}

/// The 16 words of the block at `start`.
private func words<Word: FixedWidthInteger>(_ bytes: [UInt8], from start: Int) -> [Word] {
  let size = Word.bitWidth / 8
  return (0..<16).map { index in
    bytes[(start + index * size)..<(start + (index + 1) * size)].reduce(0) { $0 << 8 | Word($1) }
  }
}

private func bigEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
  stride(from: Word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> Word($0)) }
}

/// Adler-32 (RFC 1950).
func adler32(_ bytes: [UInt8]) -> UInt32 {
  var (a, b): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    a = (a + UInt32(byte)) % 65_521
    b = (b + a) % 65_521
  }
  return b << 16 | a
}
