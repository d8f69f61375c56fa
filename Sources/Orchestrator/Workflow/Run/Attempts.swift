import OrderedCollections

// The life of a leaf node's launch: queued, requested, running, ending, ended.

extension RunState {
  mutating func enqueueLaunch(of node: NodeIndex) {
    update(node) { $0.attempt = .queued }
    queue.enqueue(node)
    watchPending(node)
  }

  /// Requests the next queued launch there is room for; false when there is none.
  mutating func startQueued() -> Bool {
    guard suspendedAt == nil, queue.hasRoom, let index = queue.next() else { return false }
    guard self[index].attempt == .queued else { return true }
    do throws(RenderError) {
      let launch = try launch(for: self[index])
      queue.occupy()
      update(index) { $0.attempt = .requested }
      turn.commands.append(.launch(launch))
    } catch {
      update(index) { $0.attempt = .ended }
      finish(index, .error, error.message)
    }
    return true
  }

  mutating func attemptStarted(_ attempt: AttemptID) {
    guard let node = liveNode(attempt), node.attempt == .requested else { return turn.note = "the attempt had started" }
    let now = now
    update(node.index) { node in
      node.attempt = .running
      node.phase = .running
      node.message = nil
      node.retryAt = nil
      node.startedAt = max(node.startedAt, now)
    }
  }

  mutating func attemptProgressed(_ attempt: AttemptID, _ progress: Progress) {
    guard let node = liveNode(attempt) else { return turn.note = "progress of an attempt that has ended" }
    guard node.progress != progress else { return }
    update(node.index) { $0.progress = progress }
  }

  mutating func attemptDelayed(_ attempt: AttemptID, _ reason: String) {
    guard let node = liveNode(attempt), node.phase == .pending else { return turn.note = "the attempt had started" }
    guard node.message != reason else { return }
    update(node.index) { $0.message = reason }
  }

  mutating func attemptEnded(_ attempt: AttemptID, _ outcome: Outcome) {
    guard let node = liveNode(attempt) else {
      turn.commands.append(.release(attempt))
      return turn.note = "the attempt had ended"
    }
    let (outputs, missing) = leafOutputs(of: node, outcome)
    let (phase, message) = verdict(on: node, outcome, missing)
    update(node.index) { node in
      node.attempt = .ended
      node.outputs = outputs
      if let started = outcome.startedAt { node.startedAt = started }
    }
    queue.vacate()
    finish(node.index, phase, message)
    if let finished = outcome.finishedAt { update(node.index) { $0.finishedAt = finished } }
    turn.commands.append(.release(attempt))
  }

  /// The node of an attempt that an executor still answers for.
  private func liveNode(_ attempt: AttemptID) -> Node? {
    guard nodes.indices.contains(Int(attempt.node.value)) else { return nil }
    let node = self[attempt.node]
    guard attemptID(of: node) == attempt else { return nil }
    switch node.attempt {
    case .requested, .running, .ending: return node
    case .queued, .ended, nil: return nil
    }
  }

  private func verdict(on node: Node, _ outcome: Outcome, _ missing: String?) -> (NodePhase, String?) {
    switch outcome.ending {
    case .exited(code: 0):
      return missing.map { (.error, $0) } ?? (.succeeded, nil)
    case _ where node.attempt == .ending: return (.failed, node.message ?? refusal)
    case .exited(let code): return (.failed, "main: Error (exit code \(code))")
    case .signaled(let signal): return (.failed, "main: Error (exit code \(128 + signal)): killed by signal \(signal)")
    case .deadlineExceeded: return (.failed, "Pod was active on the node longer than the specified deadline")
    case .outOfMemory: return (.failed, "OOMKilled (exit code 137)")
    case .notStarted(let reason): return (.failed, "main: Error (exit code 64): \(reason)")
    case .error(let reason), .lost(let reason): return (.error, reason)
    }
  }
}

// MARK: What to launch

extension RunState {
  func launch(for node: Node) throws(RenderError) -> Launch {
    guard let template = template(of: node) else { throw RenderError("the template is not defined") }
    let scope = Scope(inputs: node.inputs, item: node.item, node: node.index)
    let (container, source) = try leafBody(template)
    return Launch(
      attempt: attemptID(of: node), workflowName: name, namespace: namespace, nodeName: node.name,
      podName: podName(of: node), templateName: template.name.value,
      image: try renderOptional(container.image, in: scope),
      command: try render(container.command, in: scope), args: try render(container.args, in: scope),
      source: try renderOptional(source, in: scope), environment: try variables(container.environment, in: scope),
      environmentSources: container.environmentSources,
      workingDirectory: try renderOptional(container.workingDirectory, in: scope),
      requests: try requests(container.resources, in: scope), outputFiles: try outputFiles(template, in: scope),
      inputArtifacts: try inputArtifacts(of: node, template, in: scope),
      outputArtifacts: try outputArtifacts(of: node, template, in: scope),
      mounts: try mounts(container, template, in: scope),
      capturesResult: capturesResult(of: node), deadlineSeconds: try deadline(of: template, in: scope),
      directory: directory, workspace: workflow.metadata.annotations["orchestrate/workspace"],
      executor: executor(of: template), pod: try podRequest(template, in: scope),
      resource: try resourceRequest(template, in: scope))
  }

  private func executor(of template: Template) -> ExecutorKind {
    if case .resource = template.body { return .kubernetes }
    let name =
      template.annotations[ExecutorKind.annotation]?.source ?? workflow.metadata.annotations[ExecutorKind.annotation]
    return name.flatMap(ExecutorKind.init(rawValue:)) ?? .process
  }

  private func resourceRequest(_ template: Template, in scope: Scope) throws(RenderError) -> ResourceRequest? {
    guard case .resource(let resource) = template.body else { return nil }
    var outputs: [ResourceRequest.Output] = []
    for output in template.outputs {
      guard case .object(let query) = output.source else { continue }
      switch query {
      case .jsonPath(let text):
        outputs.append(.init(parameter: output.name.value, language: .jsonPath, query: try render(text, in: scope)))
      case .jqFilter(let text):
        outputs.append(.init(parameter: output.name.value, language: .jq, query: try render(text, in: scope)))
      }
    }
    return ResourceRequest(
      action: resource.action, manifest: try render(resource.manifest, in: scope),
      mergeStrategy: try renderOptional(resource.mergeStrategy, in: scope),
      flags: try render(resource.flags, in: scope), setsOwner: resource.setsOwner,
      successCondition: try renderOptional(resource.successCondition, in: scope),
      failureCondition: try renderOptional(resource.failureCondition, in: scope), outputs: outputs)
  }

  private func podRequest(_ template: Template, in scope: Scope) throws(RenderError) -> PodRequest? {
    guard let pod = template.pod else { return nil }
    return PodRequest(
      workflow: try workflow.spec.pod.map { (tree) throws(RenderError) in try render(tree, in: scope) } ?? .object([:]),
      template: try render(pod, in: scope),
      workspaceClaim: workflow.metadata.annotations["orchestrate/workspace-claim"])
  }

  private func leafBody(_ template: Template) throws(RenderError) -> (Container, TemplateString?) {
    switch template.body {
    case .container(let container): return (container, nil)
    case .script(let script):
      // A script without a text is the container it is written in (Argo runs it so, with a warning).
      return (script.container, script.source.source.isEmpty ? nil : script.source)
    case .resource: return (Container(), nil)
    case .steps, .dag, .suspend: throw RenderError("a \(template.nodeType.rawValue) template is not launched")
    }
  }

  private func renderOptional(_ text: TemplateString?, in scope: Scope) throws(RenderError) -> String? {
    guard let text else { return nil }
    return try render(text, in: scope)
  }

  private func render(_ texts: [TemplateString], in scope: Scope) throws(RenderError) -> [String] {
    var rendered: [String] = []
    for text in texts { rendered.append(try render(text, in: scope)) }
    return rendered
  }

  private func variables(
    _ environment: [EnvironmentVariable], in scope: Scope
  ) throws(RenderError) -> [LaunchVariable] {
    var variables: [LaunchVariable] = []
    for variable in environment {
      let source: LaunchVariable.Source =
        switch variable.source {
        case .value(let text): .value(try render(text, in: scope))
        case .secret(let name, let key, let optional): .secret(name: name, key: key, optional: optional)
        case .configMap(let name, let key, let optional): .configMap(name: name, key: key, optional: optional)
        case .field(let path): .field(path)
        }
      variables.append(LaunchVariable(name: variable.name, source: source))
    }
    return variables
  }

  private func requests(
    _ resources: ResourceRequirements, in scope: Scope
  ) throws(RenderError) -> OrderedDictionary<String, Int64> {
    var amounts: OrderedDictionary<String, Int64> = [:]
    for (name, text) in resources.limits.merging(resources.requests, uniquingKeysWith: { $1 }) {
      let rendered = try render(text, in: scope)
      do {
        amounts[name] = try Quantity(parsing: rendered).milliUnits
      } catch {
        throw RenderError("resources: \(name): \(error)")
      }
    }
    return amounts
  }

  private func outputFiles(_ template: Template, in scope: Scope) throws(RenderError) -> [OutputFile] {
    var files: [OutputFile] = []
    for output in template.outputs {
      guard case .path(let path) = output.source else { continue }
      files.append(OutputFile(parameter: output.name.value, path: try render(path, in: scope)))
    }
    return files
  }

  /// Whether a sibling asks for this node's standard output. Attempts answer for the retry node above them.
  private func capturesResult(of node: Node) -> Bool {
    guard let boundary = node.boundary, let calls = calls(of: self[boundary]) else { return false }
    let called = node.owner.map { self[$0] }.flatMap { $0.type == .retry ? $0 : nil } ?? node
    let step = called.displayName.prefix { $0 != "(" }
    return calls.capturedResults.contains(String(step))
  }
}
