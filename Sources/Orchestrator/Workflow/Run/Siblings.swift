import OrderedCollections

// What a step or task can know of its siblings: `{{steps.NAME...}}` and `{{tasks.NAME...}}`.

extension RunState {
  func siblingValue(
    _ variable: Reference.SiblingVariable, of name: String, in scope: Scope
  ) throws(RenderError) -> String {
    guard let frame = scope.frame, let step = step(name, in: frame) else {
      throw RenderError("there is no step or task '\(name)' here")
    }
    let nodes = siblings(name, in: frame)
    guard let first = nodes.first else {
      throw RenderError("'\(name)' has not run yet", isAbsence: true)
    }
    // A loop without items has one node, which is no item's.
    guard step.loop != nil, first.item != nil else { return try value(variable, of: first, calling: step) }
    return try aggregate(variable, of: nodes, name)
  }

  private func step(_ name: String, in frame: NodeIndex) -> Step? {
    guard let place = calls(of: self[frame])?.places[name] else { return nil }
    switch template(of: self[frame])?.body {
    case .steps(let groups): return groups[place.group][place.member]
    case .dag(let dag): return dag.tasks[place.member].step
    case .container, .script, .suspend, .resource, nil: return nil
    }
  }

  /// The nodes of a step or task: one, or one an item when it loops.
  private func siblings(_ name: String, in frame: NodeIndex) -> [Node] {
    guard let place = calls(of: self[frame])?.places[name] else { return [] }
    if self[frame].type == .dag {
      let nodes = composite(frame).slots[place.member].prefix(1).map { self[$0] }
      guard let group = nodes.first, group.type == .taskGroup else { return nodes }
      return inItemOrder(composite(group.index).slots[0].map { self[$0] })
    }
    guard let group = composite(frame).slots[place.group].first else { return [] }
    return inItemOrder(composite(group).slots[place.member].map { self[$0] }.filter { !isStepHandler($0) })
  }

  /// Items that an operator's retry made anew stand behind those it kept.
  private func inItemOrder(_ nodes: [Node]) -> [Node] {
    let positions = nodes.map(itemPosition)
    guard zip(positions, positions.dropFirst()).contains(where: >) else { return nodes }
    return zip(positions, nodes).sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// The `2` of `step(2:item)`.
  private func itemPosition(_ node: Node) -> Int {
    let text = node.displayName.utf8
    guard let open = text.firstIndex(of: UInt8(ascii: "(")) else { return 0 }
    return Int(String(text[text.index(after: open)...].prefix { $0 != UInt8(ascii: ":") }) ?? "") ?? 0
  }

  private func value(
    _ variable: Reference.SiblingVariable, of node: Node, calling step: Step
  ) throws(RenderError) -> String {
    switch variable {
    case .id: return node.id
    case .status: return node.phase.rawValue
    case .startedAt: return node.startedAt.rfc3339
    case .finishedAt: return node.finishedAt?.rfc3339 ?? ""
    case .exitCode: return try present(node.outputs?.exitCode.map(String.init), "exitCode", of: node)
    case .result: return try present(node.outputs?.result, "outputs.result", of: node)
    case .outputParameters: return parameterList(node.outputs?.parameters ?? []).jsonText()
    case .outputArtifact(let name):
      guard let location = node.outputs?.artifacts[name] else {
        return try present(nil, "outputs.artifacts.\(name)", of: node)
      }
      return location.jsonText()
    case .outputParameter(let name):
      if let value = node.outputs?.parameters[name] { return value }
      let output = index.templates[step.template.value]
        .flatMap { workflow.spec.templates[$0].outputs.first { $0.name.value == name } }
      guard let text = output?.defaultValue else {
        return try present(nil, "outputs.parameters.\(name)", of: node)
      }
      return try render(text, in: Scope(inputs: node.inputs))
    }
  }

  private func present(_ value: String?, _ what: String, of node: Node) throws(RenderError) -> String {
    guard let value else {
      throw RenderError("'\(node.displayName)' is \(node.phase.rawValue) and has no \(what)", isAbsence: true)
    }
    return value
  }

  /// Outputs of a loop as one JSON list, in item order. Items that did not succeed are left out, as in Argo.
  private func aggregate(
    _ variable: Reference.SiblingVariable, of nodes: [Node], _ name: String
  ) throws(RenderError) -> String {
    let succeeded = nodes.filter { $0.phase == .succeeded }
    switch variable {
    case .result:
      var results: [Value] = []
      for node in succeeded {
        if let result = node.outputs?.result { results.append(try json(result, of: node)) }
      }
      return Value.array(results).jsonText()
    case .outputParameters:
      let lists = succeeded.compactMap(\.outputs?.parameters).filter { !$0.isEmpty }
      return Value.array(lists.map(parameterObject)).jsonText()
    case .outputParameter(let parameter):
      return aggregatedText(succeeded.compactMap { $0.outputs?.parameters[parameter] })
    case .status: return groupStatus(nodes).rawValue
    case .id, .startedAt, .finishedAt, .exitCode, .outputArtifact:
      throw RenderError("'\(name)' loops: only its status and outputs can be asked for")
    }
  }

  private func groupStatus(_ nodes: [Node]) -> NodePhase {
    if let group = nodes.first?.owner.map({ self[$0] }), group.type == .taskGroup { return group.phase }
    return nodes.first(where: \.phase.isFailure)?.phase ?? .succeeded
  }

  private func json(_ result: String, of node: Node) throws(RenderError) -> Value {
    do {
      return try Value(json: result)
    } catch {
      throw RenderError(
        "the result of '\(node.displayName)' is not JSON (\(error)); every item's must be: \(result.prefix(80))")
    }
  }

  private func parameterObject(_ parameters: [ParameterValue]) -> Value {
    .object(OrderedDictionary(parameters.map { ($0.name, .string($0.value)) }, uniquingKeysWith: { $1 }))
  }

  /// A list of texts, unless every one is a JSON object or list: then a list of those.
  private func aggregatedText(_ texts: [String]) -> String {
    let parsed = texts.compactMap { try? Value(json: $0) }.filter { $0.arrayValue != nil || $0.objectValue != nil }
    return Value.array(parsed.count == texts.count ? parsed : texts.map(Value.string)).jsonText()
  }
}
