import OrderedCollections

/// From where a tag is looked up.
struct Scope {
  /// The steps or dag node whose steps or tasks are siblings here, and whose inputs count.
  var frame: NodeIndex?
  /// The inputs of a template that runs without a frame of its own (a leaf).
  var inputs: [ParameterValue]?
  var item: Value?
  /// The node the text belongs to.
  var node: NodeIndex?
  /// The retry node whose attempts `retries` and `lastRetry` speak of, where no attempt is meant in particular.
  var retry: NodeIndex?

  init(
    frame: NodeIndex? = nil, inputs: [ParameterValue]? = nil, item: Value? = nil, node: NodeIndex? = nil,
    retry: NodeIndex? = nil
  ) {
    self.frame = frame
    self.inputs = inputs
    self.item = item
    self.node = node
    self.retry = retry
  }
}

extension RunState {
  func render(_ text: TemplateString, in scope: Scope) throws(RenderError) -> String {
    try text.render(in: ScopedRun(run: self, scope: scope))
  }

  func lookUp(_ reference: Reference, in scope: Scope) throws(RenderError) -> String {
    switch reference {
    case .inputParameter(let name): return try input(name, in: scope)
    case .inputParameters: return parameterList(inputs(in: scope)).jsonText()
    case .workflowParameter(let name):
      guard let value = parameters[name] else { throw RenderError("workflow.parameters.\(name) is not defined") }
      return value
    case .workflowParameters: return parameterList(parameters).jsonText()
    case .workflow(let variable): return self.variable(variable, in: scope)
    case .workflowLabel(let name): return try metadataValue(workflow.metadata.labels[name], "labels.\(name)")
    case .workflowAnnotation(let name):
      return try metadataValue(workflow.metadata.annotations[name], "annotations.\(name)")
    case .workflowOutputParameter(let name):
      guard let value = globalOutputs[name] else {
        throw RenderError("workflow.outputs.parameters.\(name) is not there yet", isAbsence: true)
      }
      return value
    case .sibling(let name, let variable): return try siblingValue(variable, of: name, in: scope)
    case .item(let path): return try itemValue(path, in: scope)
    case .retries: return try retries(in: scope)
    case .lastRetry(let variable): return lastRetry(variable, in: scope)
    case .nodeName, .podName: return try ownValue(reference, in: scope)
    case .outputPath(let name): return try outputPath(name, in: scope)
    case .artifactPath(let name, let isInput): return try artifactPath(name, isInput: isInput, in: scope)
    case .inputArtifact, .workflowOutputArtifact: return try artifact(reference, in: scope).jsonText()
    }
  }

  private func metadataValue(_ value: String?, _ path: String) throws(RenderError) -> String {
    guard let value else { throw RenderError("workflow.\(path) is not defined") }
    return value
  }

  func inputs(in scope: Scope) -> [ParameterValue] {
    scope.inputs ?? scope.frame.map { self[$0].inputs } ?? []
  }

  private func input(_ name: String, in scope: Scope) throws(RenderError) -> String {
    guard let value = inputs(in: scope)[name] else { throw RenderError("inputs.parameters.\(name) is not declared") }
    return value
  }

  func item(in scope: Scope) throws(RenderError) -> Value {
    guard let item = scope.item else { throw RenderError("item is only known inside a loop") }
    return item
  }

  private func itemValue(_ path: [String], in scope: Scope) throws(RenderError) -> String {
    let item = try item(in: scope)
    var value = item
    for key in path {
      guard let member = value[key] else {
        throw RenderError("item.\(path.joined(separator: ".")) is not in the item \(item.jsonText())")
      }
      value = member
    }
    return path.isEmpty ? value.tagText : value.goText
  }

  private func ownValue(_ reference: Reference, in scope: Scope) throws(RenderError) -> String {
    guard let index = scope.node else { throw RenderError("this is only known to the template that runs") }
    let node = self[index]
    switch reference {
    case .podName: return podName(of: node)
    default: return node.name
    }
  }

  private func outputPath(_ name: String, in scope: Scope) throws(RenderError) -> String {
    let output = scope.node.flatMap { template(of: self[$0]) }?.outputs.first { $0.name.value == name }
    guard let output, case .path(let path) = output.source else {
      throw RenderError("outputs.parameters.\(name).path is not declared")
    }
    return try render(path, in: scope)
  }

  /// Argo's pod name: `<workflow>-<template>-<hash of the node's name>`, cut to fit 253 characters.
  func podName(of node: Node) -> String {
    guard node.name != name, let template = node.templateName else { return node.id }
    return "\(name)-\(template)".prefix(253 - 11) + "-\(fnv1a(node.name))"
  }
}

/// Parameters as Argo shows them to templates: a JSON list of names and values.
func parameterList(_ parameters: [ParameterValue]) -> Value {
  .array(parameters.map { .record(["name": .string($0.name), "value": .string($0.value)]) })
}

// MARK: The workflow's own variables

extension RunState {
  private func variable(_ variable: Reference.WorkflowVariable, in scope: Scope) -> String {
    switch variable {
    case .name: name
    case .namespace: namespace
    case .uid: uid
    case .mainEntrypoint: workflow.spec.entrypoint.value
    case .serviceAccountName: workflow.spec.serviceAccountName ?? ""
    case .priority: String(workflow.spec.priority ?? 0)
    case .duration: seconds(instant(of: scope).milliseconds(since: startedAt ?? createdAt))
    case .status: mainPhase.rawValue
    case .failures: Value.string(failures.jsonText()).jsonText()
    case .creationTimestamp: createdAt.rfc3339
    }
  }

  /// The phase an exit handler sees: that of the graph it follows.
  private var mainPhase: RunPhase {
    main.map { RunPhase(of: $0.phase) } ?? phase
  }

  /// When `scope` speaks. A launch must come out the same whenever it is worked out, so its clock is in the state: for
  /// an exit handler it stopped when the graph ended.
  func instant(of scope: Scope) -> Timestamp {
    guard let node = scope.node.map({ self[$0] }) else { return now }
    return (node.isHook ? nodes.first?.finishedAt : nil) ?? node.startedAt
  }

  /// What failed in the graph that an exit handler follows, as `workflow.failures` tells it: the failures themselves, not
  /// the groups and frames that failed with them.
  private var failures: Value {
    .array(
      nodes.filter { $0.phase.isFailure && !$0.type.isComposite && !$0.isHook }.map { node in
        .record([
          "displayName": .string(node.displayName), "message": .string(node.message ?? ""),
          "templateName": .string(node.templateName ?? ""), "phase": .string(node.phase.rawValue),
          "podName": .string(podName(of: node)), "finishedAt": .string(node.finishedAt?.rfc3339 ?? ""),
        ])
      })
  }
}

/// Seconds with six decimals, as Go's `%f` prints them.
private func seconds(_ milliseconds: Int64) -> String {
  "\(max(0, milliseconds) / 1000).\(pad(Int(max(0, milliseconds) % 1000), 3))000"
}
