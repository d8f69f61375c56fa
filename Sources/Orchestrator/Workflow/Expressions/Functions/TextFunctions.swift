extension ExpressionFunction {
  static let textFunctions = [
    ExpressionFunction("trim", 1...2) { call throws(RenderError) in
      let text = try call.string(0)
      guard call.count == 2 else { return .string(trimmedScalars(text) { $0.properties.isWhitespace }) }
      let dropped = Set(try call.string(1).unicodeScalars)
      return .string(trimmedScalars(text) { dropped.contains($0) })
    },
    ExpressionFunction("trimPrefix", 1...2) { call throws(RenderError) in
      let (text, prefix) = (try call.text(0), call.count == 2 ? try call.text(1) : ByteText(" "))
      return .string(text.hasPrefix(prefix) ? text.piece(prefix.bytes.count..<text.bytes.count) : text.string)
    },
    ExpressionFunction("trimSuffix", 1...2) { call throws(RenderError) in
      let (text, suffix) = (try call.text(0), call.count == 2 ? try call.text(1) : ByteText(" "))
      return .string(text.hasSuffix(suffix) ? text.piece(0..<(text.bytes.count - suffix.bytes.count)) : text.string)
    },
    ExpressionFunction("upper", 1) { call throws(RenderError) in
      .string(mappedScalars(try call.string(0), \.uppercaseMapping))
    },
    ExpressionFunction("lower", 1) { call throws(RenderError) in
      .string(mappedScalars(try call.string(0), \.lowercaseMapping))
    },
    ExpressionFunction("split", 2...3) { call throws(RenderError) in
      .strings(try call.text(0).split(by: call.text(1), limit: call.count == 3 ? call.count(2) : -1))
    },
    ExpressionFunction("splitAfter", 2...3) { call throws(RenderError) in
      let limit = call.count == 3 ? try call.count(2) : -1
      return .strings(try call.text(0).split(by: call.text(1), limit: limit, keepingSeparators: true))
    },
    ExpressionFunction("replace", 3...4) { call throws(RenderError) in
      let limit = call.count == 4 ? try call.count(3) : -1
      return try call.replacing(call.text(1), in: call.text(0), with: call.text(2), limit: limit)
    },
    ExpressionFunction("repeat", 2) { call throws(RenderError) in
      try call.repeating(call.string(0), times: call.integer(1))
    },
    ExpressionFunction("join", 1...2) { call throws(RenderError) in
      var parts: [String] = []
      for element in try call.list(0) {
        guard case .string(let text) = element else {
          throw call.failure("cannot join \(element.typeName), only strings")
        }
        parts.append(text)
      }
      return try call.joining(parts, by: call.count == 2 ? call.string(1) : "")
    },
    ExpressionFunction("indexOf", 2) { call throws(RenderError) in
      .int(Int64(try call.text(0).firstIndex(of: call.text(1)) ?? -1))
    },
    ExpressionFunction("lastIndexOf", 2) { call throws(RenderError) in
      .int(Int64(try call.text(0).lastIndex(of: call.text(1)) ?? -1))
    },
    ExpressionFunction("hasPrefix", 2) { call throws(RenderError) in .bool(try call.text(0).hasPrefix(call.text(1))) },
    ExpressionFunction("hasSuffix", 2) { call throws(RenderError) in .bool(try call.text(0).hasSuffix(call.text(1))) },
  ]
}

extension FunctionCall {
  func repeating(_ text: String, times: Int64) throws(RenderError) -> Operand {
    guard times >= 0 else { throw failure("cannot repeat \(times) times") }
    let (size, overflow) = Int64(text.utf8.count).multipliedReportingOverflow(by: times)
    try budget.check(size: overflow ? .max : Int(size))
    return .string(text.isEmpty ? "" : String(repeating: text, count: Int(times)))
  }

  func joining(_ parts: [String], by separator: String) throws(RenderError) -> Operand {
    let size = parts.reduce(0) { saturatingSum($0, $1.utf8.count + separator.utf8.count) }
    try budget.check(size: size - (parts.isEmpty ? 0 : separator.utf8.count))
    return .string(parts.joined(separator: separator))
  }

  func replacing(
    _ old: ByteText, in text: ByteText, with new: ByteText, limit: Int = -1
  ) throws(RenderError) -> Operand {
    let places = text.ranges(of: old, limit: limit < 0 ? .max : limit).count
    let (growth, overflow) = places.multipliedReportingOverflow(by: max(new.bytes.count - old.bytes.count, 0))
    try budget.check(size: overflow ? .max : saturatingSum(text.bytes.count, growth))
    return .string(text.replacing(old, with: new, limit: limit).string)
  }
}
