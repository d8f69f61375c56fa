extension SprigFunctions {
  static let defaults = [
    ExpressionFunction("default", 1...2) { call throws(RenderError) in call[1].isEmpty ? call[0] : call[1] },
    ExpressionFunction("empty", 1) { call throws(RenderError) in .bool(call[0].isEmpty) },
    ExpressionFunction("coalesce", 0...) { call throws(RenderError) in call.arguments.first { !$0.isEmpty } ?? .null },
    ExpressionFunction("all", 0...) { call throws(RenderError) in .bool(!call.arguments.contains(where: \.isEmpty)) },
    ExpressionFunction("any", 0...) { call throws(RenderError) in .bool(call.arguments.contains { !$0.isEmpty }) },
    ExpressionFunction("ternary", 3) { call throws(RenderError) in try call.bool(2) ? call[0] : call[1] },
    ExpressionFunction("fail", 1) { call throws(RenderError) in throw RenderError(try call.string(0)) },
  ]

  static let types = [
    ExpressionFunction("typeOf", 1) { call throws(RenderError) in .string(call[0].goTypeName) },
    ExpressionFunction("typeIs", 2) { call throws(RenderError) in .bool(try call.string(0) == call[1].goTypeName) },
    ExpressionFunction("typeIsLike", 2) { call throws(RenderError) in
      let target = try call.string(0)
      return .bool(target == call[1].goTypeName || "*" + target == call[1].goTypeName)
    },
    ExpressionFunction("kindOf", 1) { call throws(RenderError) in .string(call[0].goKindName) },
    ExpressionFunction("kindIs", 2) { call throws(RenderError) in .bool(try call.string(0) == call[1].goKindName) },
    ExpressionFunction("deepEqual", 2) { call throws(RenderError) in .bool(call[0].equals(call[1])) },
  ]
}

extension Operand {
  /// The Go type in which Argo would hold this value.
  fileprivate var goTypeName: String {
    switch self {
    case .bytes: "[]uint8"
    case .date: "time.Time"
    case .duration: "time.Duration"
    case .zone: "*time.Location"
    case .version: "*semver.Version"
    default: value.goType
    }
  }

  fileprivate var goKindName: String {
    switch self {
    case .null, .scope: "invalid"
    case .bool: "bool"
    case .int: "int"
    case .double: "float64"
    case .string: "string"
    case .bytes, .array: "slice"
    case .object: "map"
    case .date: "struct"
    case .duration: "int64"
    case .zone, .version: "ptr"
    }
  }
}
