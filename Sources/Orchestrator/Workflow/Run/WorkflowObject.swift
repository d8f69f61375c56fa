import OrderedCollections

// A run as Argo's Workflow object: what `orchestrate get -o json` prints.

extension RunState {
  /// The whole object: the manifest with this run's name and parameters, and its status.
  public var workflowObject: Value {
    var members = workflow.manifest.objectValue ?? [:]
    members["metadata"] = metadataObject(members["metadata"])
    members["spec"] = specObject(members["spec"])
    members["status"] = statusObject
    return .object(members)
  }

  private func metadataObject(_ written: Value?) -> Value {
    var metadata = written?.objectValue ?? [:]
    metadata["name"] = .string(name)
    metadata["namespace"] = .string(namespace)
    metadata["uid"] = .string(uid)
    metadata["creationTimestamp"] = .string(createdAt.rfc3339)
    var labels = metadata["labels"]?.objectValue ?? [:]
    labels["workflows.argoproj.io/phase"] = .string(phase.rawValue)
    if phase.isFinished { labels["workflows.argoproj.io/completed"] = "true" }
    metadata["labels"] = .object(labels)
    return .object(metadata)
  }

  private func specObject(_ written: Value?) -> Value {
    var spec = written?.objectValue ?? [:]
    guard !parameters.isEmpty else { return .object(spec) }
    var arguments = spec["arguments"]?.objectValue ?? [:]
    arguments["parameters"] = parameterList(parameters)
    spec["arguments"] = .object(arguments)
    return .object(spec)
  }

  private var statusObject: Value {
    var status =
      Value.record([
        "phase": .string(phase.rawValue), "startedAt": (startedAt ?? createdAt).rfc3339Value,
        "finishedAt": finishedAt?.rfc3339Value ?? .null,
        "progress": .string(progressText(of: nodes.filter(\.type.isLeaf))),
        "message": message.map(Value.string),
        "outputs": globalOutputsObject,
        "conditions": conditions,
      ]).objectValue ?? [:]
    let children = argoChildren
    var objects = OrderedDictionary<String, Value>()
    for node in nodes { objects[node.id] = nodeObject(node, children[Int(node.index.value)]) }
    status["nodes"] = .object(objects)
    return .object(status)
  }

  private var conditions: Value {
    .array([
      .record(["type": "PodRunning", "status": .string(nodes.contains { $0.attempt == .running } ? "True" : "False")]),
      .record(["type": "Completed", "status": .string(phase.isFinished ? "True" : "False")]),
    ])
  }

  private func nodeObject(_ node: Node, _ children: [NodeIndex]) -> Value {
    .record([
      "id": .string(node.id), "name": .string(node.name), "displayName": .string(node.displayName),
      "type": .string(node.type.rawValue), "templateName": node.templateName.map(Value.string),
      "templateScope": .string("local/\(name)"),
      "phase": .string(node.phase.rawValue),
      "boundaryID": node.boundary.map { .string(self[$0].id) },
      "message": node.message.map(Value.string),
      "startedAt": node.startedAt.rfc3339Value, "finishedAt": node.finishedAt?.rfc3339Value ?? .null,
      "progress": .string(progressText(of: leaves(under: node))),
      "nodeFlag": flags(of: node),
      "inputs": inputsObject(of: node),
      "outputs": node.outputs.flatMap { outputsObject($0, of: node) },
      "children": children.isEmpty ? nil : .array(children.map { .string(self[$0].id) }),
      "outboundNodes": outboundNodes(of: node),
    ])
  }

  private func flags(of node: Node) -> Value? {
    let isAttempt = node.owner.map { self[$0].type == .retry } ?? false
    // What runs inside an exit handler is one of its steps, not a handler itself.
    let isHandler = node.isHook && node.owner == nil || isStepHandler(node)
    guard isHandler || isAttempt else { return nil }
    return .record(["hooked": isHandler ? true : nil, "retried": isAttempt ? true : nil])
  }

  private func outputsObject(_ outputs: NodeOutputs, of node: Node) -> Value? {
    let object = Value.record([
      "parameters": outputs.parameters.isEmpty ? nil : parameterList(outputs.parameters),
      "artifacts": artifactList(outputs.artifacts, declaredBy: template(of: node)?.outputArtifacts ?? [], node),
      "result": outputs.result.map(Value.string),
      "exitCode": outputs.exitCode.map { .string(String($0)) },
    ])
    return object == .record([:]) ? nil : object
  }
}

// MARK: Progress

extension RunState {
  /// The sum over leaves as `N/M`: what each reports of itself, or 0/1 and 1/1.
  private func progressText(of leaves: [Node]) -> String {
    var sum = Progress(done: 0, total: 0)
    for leaf in leaves {
      let progress = leaf.progress ?? Progress(done: 0, total: 1)
      sum.done &+= leaf.phase == .succeeded ? progress.total : progress.done
      sum.total &+= progress.total
    }
    return "\(sum.done)/\(sum.total)"
  }

  private func leaves(under node: Node) -> [Node] {
    guard node.type.isComposite else { return node.type.isLeaf ? [node] : [] }
    return composite(node.index).slots.joined().flatMap { leaves(under: self[$0]) }
  }
}

// MARK: Edges as Argo draws them

extension RunState {
  /// Argo's `children` by node: in a steps template each group hangs under the steps before it, in a dag each task under
  /// the tasks it depends on. Our own tree of owners is simpler; this is for those who read Argo's.
  var argoChildren: [[NodeIndex]] {
    var children = Array(repeating: [NodeIndex](), count: nodes.count)
    for node in nodes {
      for parent in argoParents(of: node) { children[Int(parent.value)].append(node.index) }
    }
    return children
  }

  private func argoParents(of node: Node) -> [NodeIndex] {
    guard let ownerIndex = node.owner else { return [] }
    let owner = self[ownerIndex]
    if isStepHandler(node) {
      return composite(ownerIndex).slots.joined().filter { index in
        node.name.hasPrefix(self[index].name + ".") && !isStepHandler(self[index])
      }
    }
    func orOwner(_ ends: [NodeIndex]) -> [NodeIndex] { ends.isEmpty ? [ownerIndex] : ends }
    switch owner.type {
    case .steps where node.member > 0:
      return orOwner(ends(ofAll: composite(ownerIndex).slots[node.member - 1]))
    case .dag:
      let before = calls(of: owner)?.dag?.dependencies[node.member] ?? []
      return orOwner(ends(ofAll: before.flatMap { composite(ownerIndex).slots[$0] }))
    case .steps, .stepGroup, .taskGroup, .retry, .pod, .suspend, .skipped: return [ownerIndex]
    }
  }

  /// The nodes from which what follows `node` hangs.
  private func ends(of node: Node) -> [NodeIndex] {
    let slots = composite(node.index).slots
    switch node.type {
    case .pod, .suspend, .skipped: return [node.index]
    case .retry: return slots[0].last.map { ends(of: self[$0]) } ?? [node.index]
    case .stepGroup, .taskGroup:
      let last = ends(ofAll: slots.flatMap { $0 })
      return last.isEmpty ? [node.index] : last
    case .steps: return slots.compactMap(\.first).last.map { ends(of: self[$0]) } ?? [node.index]
    case .dag:
      let targets = calls(of: node)?.dag?.targets ?? []
      return ends(ofAll: targets.flatMap { slots[$0] })
    }
  }

  private func ends(ofAll nodes: [NodeIndex]) -> [NodeIndex] {
    nodes.map { self[$0] }.filter { !isStepHandler($0) }.flatMap(ends)
  }

  private func outboundNodes(of node: Node) -> Value? {
    guard node.type == .steps || node.type == .dag, node.phase.isFulfilled else { return nil }
    let ends = ends(of: node).filter { $0 != node.index }
    return ends.isEmpty ? nil : .array(ends.map { .string(self[$0].id) })
  }
}

extension Timestamp {
  var rfc3339Value: Value { .string(rfc3339) }
}
