import OrderedCollections

extension ExpressionFunction {
  static let mapFunctions = [
    ExpressionFunction("keys", 1) { call throws(RenderError) in .strings(try call.map(0).members.keys) },
    ExpressionFunction("values", 1) { call throws(RenderError) in .list(Array(try call.map(0).members.values)) },
    ExpressionFunction("toPairs", 1) { call throws(RenderError) in
      .list(try call.map(0).members.map { .list([.string($0.key), $0.value]) })
    },
    ExpressionFunction("fromPairs", 1) { call throws(RenderError) in
      var members = OrderedDictionary<String, Operand>()
      for pair in try call.list(0) {
        guard case .array(let list) = pair, list.elements.count == 2 else {
          throw call.failure("expected pairs of a key and a value, found \(pair.text)")
        }
        members[list.elements[0].text] = list.elements[1]
      }
      return .map(members)
    },
  ]
}
