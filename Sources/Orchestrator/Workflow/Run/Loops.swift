import OrderedCollections

extension RunState {
  /// The most items a loop may have, so that one bad list cannot stop every other run.
  static let maximumItems = 100_000

  /// The items a step runs over, their tags replaced.
  func items(of loop: Loop, in scope: Scope) throws(RenderError) -> [Value] {
    switch loop {
    case .items(let templates):
      var items: [Value] = []
      for template in templates { items.append(try render(template, in: scope)) }
      return items
    case .parameter(let text): return try listItems(try render(text, in: scope), source: text.source)
    case .sequence(let sequence): return try sequenceItems(sequence, in: scope)
    }
  }

  func render(_ template: ItemTemplate, in scope: Scope) throws(RenderError) -> Value {
    switch template {
    case .scalar(let value): return value
    case .text(let text): return .string(try render(text, in: scope))
    case .list(let elements):
      var list: [Value] = []
      for element in elements { list.append(try render(element, in: scope)) }
      return .array(list)
    case .map(let members):
      var map = OrderedDictionary<String, Value>()
      for member in members { map[member.key] = try render(member.value, in: scope) }
      return .object(map)
    }
  }

  private func listItems(_ text: String, source: String) throws(RenderError) -> [Value] {
    let value: Value
    do {
      value = try Value(json: text)
    } catch {
      throw RenderError("withParam '\(source)' is not a JSON list: \(error)")
    }
    guard case .array(let items) = value else {
      throw RenderError("withParam '\(source)' is not a JSON list but: \(text.prefix(80))")
    }
    guard items.count <= Self.maximumItems else {
      throw RenderError("withParam '\(source)' has \(items.count) items; the most is \(Self.maximumItems)")
    }
    return items
  }

  private func sequenceItems(_ sequence: Loop.Sequence, in scope: Scope) throws(RenderError) -> [Value] {
    let start = try number(sequence.start, "start", in: scope) ?? 0
    let end: Int64
    if let count = try number(sequence.count, "count", in: scope) {
      guard count > 0 else { return [] }
      end = start.addingReportingOverflow(count - 1).partialValue
    } else {
      end = try number(sequence.end, "end", in: scope) ?? 0
    }
    let (span, overflow) = end.subtractingReportingOverflow(start)
    guard !overflow, span.magnitude < Self.maximumItems else {
      throw RenderError("withSequence has more than \(Self.maximumItems) items")
    }
    var items: [Value] = []
    for number in stride(from: start, through: end, by: end < start ? -1 : 1) {
      items.append(.string(try sequenceText(number, sequence.format)))
    }
    return items
  }

  private func sequenceText(_ number: Int64, _ format: String?) throws(RenderError) -> String {
    guard let format else { return String(number) }
    do {
      return try GoFormat(parsing: format).text(.int(number))
    } catch {
      throw RenderError("withSequence.format '\(format)': \(error)")
    }
  }

  private func number(
    _ text: TemplateString?, _ field: String, in scope: Scope
  ) throws(RenderError) -> Int64? {
    guard let text else { return nil }
    let rendered = try render(text, in: scope)
    guard let number = Int64(rendered) else {
      throw RenderError("withSequence.\(field) '\(rendered)' is not a whole number")
    }
    return number
  }
}

/// How an item shows in its node's name: maps as sorted `key:value` pairs; parentheses, which close the name, are left out,
/// and NUL, which would end it, is replaced.
func itemDescription(_ item: Value) -> String {
  let text: String
  if case .object(let members) = item {
    text = members.keys.sorted().map { "\($0):\(members[$0]?.goText ?? "")" }.joined(separator: ",")
  } else {
    text = item.goText
  }
  return text.filter { $0 != "(" && $0 != ")" }.replacing("\0", with: "\u{FFFD}")
}
