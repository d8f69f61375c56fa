extension ExpressionFunction {
  static let listFunctions = [
    ExpressionFunction("len", 1) { call throws(RenderError) in
      switch call[0] {
      case .array(let list): return .int(Int64(list.elements.count))
      case .object(let map): return .int(Int64(map.members.count))
      case .bytes(let bytes): return .int(Int64(bytes.count))
      case .string(let text): return .int(Int64(text.unicodeScalars.count))
      default: throw call.failure("invalid argument for len (type \(call[0].typeName))")
      }
    },
    ExpressionFunction("first", 1) { call throws(RenderError) in try call.list(0).first ?? .null },
    ExpressionFunction("last", 1) { call throws(RenderError) in try call.list(0).last ?? .null },
    ExpressionFunction("get", 2) { call throws(RenderError) in
      switch call[0] {
      case .null: return .null
      case .object(let map): return map.members[call[1].text] ?? .null
      default:
        let elements = try call.list(0)
        let index = try call.count(1)
        let place = index < 0 ? elements.count + index : index
        return elements.indices.contains(place) ? elements[place] : .null
      }
    },
    ExpressionFunction("take", 2) { call throws(RenderError) in
      .list(Array(try call.list(0).prefix(max(try call.count(1), 0))))
    },
    ExpressionFunction("reverse", 1) { call throws(RenderError) in .list(try call.list(0).reversed()) },
    ExpressionFunction("uniq", 1) { call throws(RenderError) in .list(distinct(try call.list(0))) },
    ExpressionFunction("concat", 1...) { call throws(RenderError) in
      var elements: [Operand] = []
      for index in call.arguments.indices { elements += try call.list(index) }
      return .list(elements)
    },
    ExpressionFunction("flatten", 1) { call throws(RenderError) in
      var elements: [Operand] = []
      var pending = Array(try call.list(0).reversed())
      while let operand = pending.popLast() {
        if case .array(let list) = operand { pending += list.elements.reversed() } else { elements.append(operand) }
      }
      return .list(elements)
    },
    ExpressionFunction("sort", 1...2) { call throws(RenderError) in
      let elements = try call.list(0)
      let isDescending = call.count == 2 ? try descending(call[1]) : false
      return .list(try sortedIndices(of: elements, descending: isDescending).map { elements[$0] })
    },
  ]
}

/// The elements without those that equal an earlier one.
func distinct(_ elements: [Operand]) -> [Operand] {
  // Values that are equal have the same JSON: 1 and 1.0 too.
  var seen: Set<String> = []
  return elements.filter { seen.insert($0.value.jsonText(sortedKeys: true)).inserted }
}
