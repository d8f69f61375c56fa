import OrderedCollections

extension SprigFunctions {
  static let maps = [
    ExpressionFunction("dict", 0...) { call throws(RenderError) in
      var members = OrderedDictionary<String, Operand>()
      for index in stride(from: 0, to: call.count, by: 2) {
        members[call[index].text] = index + 1 < call.count ? call[index + 1] : .string("")
      }
      return .map(members)
    },
    ExpressionFunction("get", 2) { call throws(RenderError) in
      try call.map(0).members[call.string(1)] ?? .string("")
    },
    ExpressionFunction("set", 3) { call throws(RenderError) in
      var members = try call.map(0).members
      members[try call.string(1)] = call[2]
      return .map(members)
    },
    ExpressionFunction("unset", 2) { call throws(RenderError) in
      var members = try call.map(0).members
      members[try call.string(1)] = nil
      return .map(members)
    },
    ExpressionFunction("hasKey", 2) { call throws(RenderError) in
      .bool(try call.map(0).members[call.string(1)] != nil)
    },
    ExpressionFunction("pluck", 1...) { call throws(RenderError) in
      let key = try call.string(0)
      var values: [Operand] = []
      for index in call.arguments.indices.dropFirst() {
        if let value = try call.map(index).members[key] { values.append(value) }
      }
      return .list(values)
    },
    ExpressionFunction("keys", 0...) { call throws(RenderError) in
      var keys: [String] = []
      for index in call.arguments.indices { keys += try call.map(index).members.keys }
      return .strings(keys)
    },
    ExpressionFunction("values", 1) { call throws(RenderError) in .list(Array(try call.map(0).members.values)) },
    ExpressionFunction("pick", 1...) { call throws(RenderError) in
      let wanted = call.arguments.dropFirst().map(\.text)
      return .map(try call.map(0).members.filter { wanted.contains($0.key) })
    },
    ExpressionFunction("omit", 1...) { call throws(RenderError) in
      let unwanted = call.arguments.dropFirst().map(\.text)
      return .map(try call.map(0).members.filter { !unwanted.contains($0.key) })
    },
    ExpressionFunction("dig", 3...) { call throws(RenderError) in
      var value: Operand = .object(try call.map(call.count - 1))
      for index in 0..<(call.count - 2) {
        guard case .object(let map) = value else { throw call.failure("\(value.typeName) has no members") }
        guard let member = map.members[try call.string(index)] else { return call[call.count - 2] }
        value = member
      }
      return value
    },
  ]

  static let merges =
    aliases(["merge", "mustMerge"], 1...) { call throws(RenderError) in try call.merged(overwriting: false) }
    + aliases(["mergeOverwrite", "mustMergeOverwrite"], 1...) { call throws(RenderError) in
      try call.merged(overwriting: true)
    }
    + aliases(["deepCopy", "mustDeepCopy"], 1) { call throws(RenderError) in call[0] }
}

extension FunctionCall {
  fileprivate func merged(overwriting: Bool) throws(RenderError) -> Operand {
    var result = try map(0)
    for index in arguments.indices.dropFirst() {
      result = SprigMerge(overwrites: overwriting).merge(result, try map(index))
    }
    return .object(result)
  }
}

/// Merges maps as mergo does: maps into maps, and where both have a value, the first that is not empty wins; when
/// overwriting, the last.
private struct SprigMerge {
  let overwrites: Bool

  func merge(_ target: OperandMap, _ source: OperandMap) -> OperandMap {
    var members = target.members
    for (key, value) in source.members {
      members[key] = members[key].map { merge($0, value) } ?? value
    }
    return OperandMap(members)
  }

  private func merge(_ old: Operand, _ new: Operand) -> Operand {
    if case .object(let target) = old, case .object(let source) = new { return .object(merge(target, source)) }
    return overwrites ? (new.isEmpty ? old : new) : (old.isEmpty ? new : old)
  }
}
