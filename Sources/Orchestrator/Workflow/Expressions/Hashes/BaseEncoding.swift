private let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
private let base32Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

/// `bytes` in base64 with padding (RFC 4648).
func base64(_ bytes: [UInt8]) -> String { encoded(bytes, alphabet: base64Alphabet, bits: 6, group: 4) }

/// `bytes` in base32 with padding (RFC 4648).
func base32(_ bytes: [UInt8]) -> String { encoded(bytes, alphabet: base32Alphabet, bits: 5, group: 8) }

/// The bytes of a base64 text; nil when it is none. Line breaks are skipped.
func bytes(base64 text: String) -> [UInt8]? { decoded(text, alphabet: base64Alphabet, bits: 6, group: 4) }

/// The bytes of a base32 text; nil when it is none. Line breaks are skipped.
func bytes(base32 text: String) -> [UInt8]? { decoded(text, alphabet: base32Alphabet, bits: 5, group: 8) }

private func encoded(_ bytes: [UInt8], alphabet: [UInt8], bits: Int, group: Int) -> String {
  var result: [UInt8] = []
  var buffer = 0
  var available = 0
  for byte in bytes {
    buffer = buffer << 8 | Int(byte)
    available += 8
    while available >= bits {
      available -= bits
      result.append(alphabet[buffer >> available & (1 << bits - 1)])
    }
    buffer &= 1 << available - 1
  }
  if available > 0 { result.append(alphabet[buffer << (bits - available) & (1 << bits - 1)]) }
  while result.count % group != 0 { result.append(UInt8(ascii: "=")) }
  return String(decoding: result, as: UTF8.self)
}

private func decoded(_ text: String, alphabet: [UInt8], bits: Int, group: Int) -> [UInt8]? {
  let characters = text.utf8.filter { $0 != 10 && $0 != 13 }
  let digits = characters.prefix { $0 != UInt8(ascii: "=") }
  guard characters.count % group == 0, characters.count - digits.count < group,
    characters[digits.count...].allSatisfy({ $0 == UInt8(ascii: "=") })
  else { return nil }
  var values: [UInt8?] = Array(repeating: nil, count: 256)
  for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
  var result: [UInt8] = []
  var buffer = 0
  var available = 0
  for digit in digits {
    guard let value = values[Int(digit)] else { return nil }
    buffer = buffer << bits | Int(value)
    available += bits
    guard available >= 8 else { continue }
    available -= 8
    result.append(UInt8(buffer >> available & 0xFF))
    buffer &= 1 << available - 1
  }
  // A rest of a whole digit or more means that the padding lies.
  return available < bits ? result : nil
}
