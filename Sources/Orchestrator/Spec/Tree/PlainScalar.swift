import WorkflowCore

/// What an unquoted YAML scalar means, by the rules of Kubernetes' own YAML reader (sigs.k8s.io/yaml, YAML 1.1 as
/// go-yaml v2 has it): `yes`, `on` and `n` are booleans, `010` is eight, `1e3` a number, dates are text.
func resolvePlainScalar(_ text: String) -> Value {
  guard let first = text.utf8.first else { return .null }
  switch first {
  case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"):
    return resolveNumber(text) ?? .string(text)
  default: return words[text] ?? .string(text)
  }
}

private let words: [String: Value] = {
  var words: [String: Value] = [:]
  for word in ["~", "null", "Null", "NULL"] { words[word] = .null }
  for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
    words[word] = .bool(true)
  }
  for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
    words[word] = .bool(false)
  }
  return words
}()

private func resolveNumber(_ text: String) -> Value? {
  guard !isTimestamp(text) else { return nil }
  let digits = text.filter { $0 != "_" }
  // Go's base prefixes allow underscores only between digits, but the reader takes them out first.
  if text.first != ".", let integer = resolveInteger(digits) { return integer }
  guard isFloat(text.first == "." ? text : digits), let double = Double(digits), double.isFinite else {
    return nil
  }
  return .double(double)
}

/// Go's integer literals: decimal, `0x`, `0b`, `0o`, and a leading 0 for octal.
private func resolveInteger(_ text: String) -> Value? {
  let negative = text.first == "-"
  var rest = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
  var radix = 10
  if rest.first == "0", rest.count > 1 {
    switch rest.dropFirst().first {
    case "x", "X": (radix, rest) = (16, rest.dropFirst(2))
    case "b", "B": (radix, rest) = (2, rest.dropFirst(2))
    case "o", "O": (radix, rest) = (8, rest.dropFirst(2))
    default: (radix, rest) = (8, rest.dropFirst())
    }
  }
  guard let first = rest.first, first != "-", first != "+" else { return nil }
  if let integer = Int64((negative ? "-" : "") + rest, radix: radix) { return .int(integer) }
  // Larger ones are floats to JSON's readers.
  guard radix == 10, rest.allSatisfy({ $0.isASCII && $0.isNumber }), let double = Double(text) else { return nil }
  return double.isFinite ? .double(double) : nil
}

/// `1`, `1.`, `.5`, `1.5e-3`: digits on one side of the point at least, and no `inf`, `nan` or hexadecimal.
private func isFloat(_ text: String) -> Bool {
  var rest = text.utf8[...]
  func takeDigits() -> Int {
    let digits = rest.prefix { (0x30...0x39).contains($0) }.count
    rest = rest.dropFirst(digits)
    return digits
  }
  if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
  let whole = takeDigits()
  var fraction = 0
  if rest.first == UInt8(ascii: ".") {
    rest = rest.dropFirst()
    fraction = takeDigits()
  }
  guard whole + fraction > 0 else { return false }
  if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
    rest = rest.dropFirst()
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
    guard takeDigits() > 0 else { return false }
  }
  return rest.isEmpty
}

/// `2013-07-04` and what may follow; such text stays text.
private func isTimestamp(_ text: String) -> Bool {
  let year = text.prefix { $0.isASCII && $0.isNumber }
  return year.count == 4 && text.dropFirst(4).first == "-"
}
