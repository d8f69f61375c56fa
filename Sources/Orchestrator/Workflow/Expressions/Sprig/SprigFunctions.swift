/// The functions of sprig (github.com/Masterminds/sprig), which Argo offers as `sprig.NAME(...)`.
enum SprigFunctions {
  /// The function of a name; refuses at once what no run may depend on.
  static func function(_ name: String, at offset: Int) throws(ExpressionSyntaxError) -> ExpressionFunction {
    if let function = functions[name] { return function }
    guard let reason = refusal(of: name) else {
      throw ExpressionSyntaxError("unknown function 'sprig.\(name)'", at: offset)
    }
    throw ExpressionSyntaxError("sprig.\(name) is not offered: \(reason)", at: offset)
  }

  static func knows(_ name: String) -> Bool { functions[name] != nil }

  private static let functions = ExpressionFunction.table([
    text, textShapes, lists, lookups, maps, merges, numbers, fractions, dates, encodings, patterns, paths, defaults,
    types,
  ])

  private static func refusal(of name: String) -> String? {
    switch name {
    case "randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randInt", "randBytes", "shuffle", "uuidv4", "bcrypt",
      "htpasswd", "encryptAES", "genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert",
      "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey":
      "it gives another value each time, but an expression must always give the same one; let a step make it"
    case "env", "expandenv": "an expression may not read the engine's environment (Argo removes it too)"
    case "getHostByName": "an expression may not use the network"
    case "derivePassword", "decryptAES", "buildCustomCert": "an expression is no place for secrets; let a step do it"
    default: nil
    }
  }
}

extension FunctionCall {
  /// The argument as sprig's `toInt64` reads it: anything that is no number is 0.
  func castInteger(_ index: Int) -> Int64 {
    switch self[index] {
    case .int(let integer): integer
    case .double(let double): Int64(saturating: double)
    case .bool(let flag): flag ? 1 : 0
    case .string(let text): castInteger(text)
    default: 0
    }
  }

  private func castInteger(_ text: String) -> Int64 {
    if text.hasPrefix("0x") || text.hasPrefix("0X") { return Int64(text.dropFirst(2), radix: 16) ?? 0 }
    let whole = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    // `3.0` is an integer, `3.5` is not.
    guard whole.count == 1 || whole[1].allSatisfy({ $0 == "0" }) else { return 0 }
    return Int64(whole.first ?? "") ?? 0
  }

  /// The argument as sprig's `toFloat64` reads it.
  func castNumber(_ index: Int) -> Double {
    switch self[index] {
    case .bool(let flag): flag ? 1 : 0
    case .string(let text): Double(text) ?? 0
    default: self[index].number ?? 0
    }
  }

  /// The argument's elements as sprig makes a list of texts of them: nil is left out, a single value is a list of one.
  func castTexts(_ index: Int) -> [String] {
    switch self[index] {
    case .array(let list): list.elements.filter { !$0.isNull }.map(\.text)
    case .null: []
    default: [self[index].text]
    }
  }
}

extension Operand {
  /// Sprig's emptiness: nil, false, 0 and whatever has the length 0.
  var isEmpty: Bool {
    switch self {
    case .null, .scope: true
    case .bool(let flag): !flag
    case .int(let integer): integer == 0
    case .double(let double): double == 0
    case .string(let text): text.isEmpty
    case .bytes(let bytes): bytes.isEmpty
    case .array(let list): list.elements.isEmpty
    case .object(let map): map.members.isEmpty
    case .duration(let duration): duration.nanoseconds == 0
    case .date, .zone, .version: false
    }
  }
}
