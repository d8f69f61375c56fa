extension SprigFunctions {
  static let lists =
    aliases(["list", "tuple"], 0...) { call throws(RenderError) in .list(call.arguments) }
    + aliases(["append", "push", "mustAppend", "mustPush"], 2) { call throws(RenderError) in
      .list(try call.list(0) + [call[1]])
    }
    + aliases(["prepend", "mustPrepend"], 2) { call throws(RenderError) in .list([call[1]] + (try call.list(0))) }
    + aliases(["rest", "mustRest"], 1) { call throws(RenderError) in .list(Array(try call.list(0).dropFirst())) }
    + aliases(["initial", "mustInitial"], 1) { call throws(RenderError) in .list(try call.list(0).dropLast()) }
    + aliases(["reverse", "mustReverse"], 1) { call throws(RenderError) in .list(try call.list(0).reversed()) }
    + aliases(["compact", "mustCompact"], 1) { call throws(RenderError) in
      .list(try call.list(0).filter { !$0.isEmpty })
    }
    + aliases(["uniq", "mustUniq"], 1) { call throws(RenderError) in .list(distinct(try call.list(0))) }
    + aliases(["without", "mustWithout"], 1...) { call throws(RenderError) in
      let omitted = call.arguments.dropFirst()
      return .list(try call.list(0).filter { element in !omitted.contains { $0.equals(element) } })
    }
    + aliases(["slice", "mustSlice"], 1...3) { call throws(RenderError) in
      let elements = try call.list(0)
      let start = try call.count > 1 ? call.count(1) : 0
      let end = try call.count > 2 ? call.count(2) : elements.count
      guard 0 <= start, start <= end, end <= elements.count else {
        throw call.failure("\(start)..<\(end) lies outside the list of \(elements.count)")
      }
      return .list(Array(elements[start..<end]))
    }
    + aliases(["chunk", "mustChunk"], 2) { call throws(RenderError) in
      let (size, elements) = (try call.count(0), try call.list(1))
      guard size > 0 else { throw call.failure("the size must be positive") }
      let starts = stride(from: 0, to: elements.count, by: size)
      return .list(starts.map { .list(Array(elements[$0..<min($0 + size, elements.count)])) })
    }
    + aliases(["concat"], 0...) { call throws(RenderError) in
      var elements: [Operand] = []
      for index in call.arguments.indices { elements += try call.list(index) }
      return .list(elements)
    }
    + aliases(["sortAlpha"], 1) { call throws(RenderError) in .strings(call.castTexts(0).sorted(by: goLess)) }

  static let lookups =
    aliases(["first", "mustFirst"], 1) { call throws(RenderError) in try call.list(0).first ?? .null }
    + aliases(["last", "mustLast"], 1) { call throws(RenderError) in try call.list(0).last ?? .null }
    + aliases(["has", "mustHas"], 2) { call throws(RenderError) in
      if call[1].isNull { return .bool(false) }
      return .bool(try call.list(1).contains { $0.equals(call[0]) })
    }

  /// One function under several names: sprig's `must...` twins fail where the plain ones do.
  static func aliases(
    _ names: [String], _ arity: ClosedRange<Int>, _ body: @escaping ExpressionFunction.Body
  ) -> [ExpressionFunction] {
    names.map { ExpressionFunction($0, arity, body) }
  }

  static func aliases(
    _ names: [String], _ arity: PartialRangeFrom<Int>, _ body: @escaping ExpressionFunction.Body
  ) -> [ExpressionFunction] {
    names.map { ExpressionFunction($0, arity, body) }
  }

  static func aliases(
    _ names: [String], _ arity: Int, _ body: @escaping ExpressionFunction.Body
  ) -> [ExpressionFunction] {
    names.map { ExpressionFunction($0, arity, body) }
  }
}
