/// Where a new node goes.
struct Placement {
  var name: String
  var displayName: String
  var owner: NodeIndex?
  var boundary: NodeIndex?
  var member: Int
  var item: Value?
  var isHook: Bool
}

extension RunState {
  /// How deep templates may call templates (Argo's limit).
  static let maximumDepth = 100
  /// How many nodes a run may grow to by calls, so that loops inside loops, or templates that call themselves twice,
  /// cannot stop every other run.
  static let maximumNodes = 200_000

  mutating func addNode(
    _ type: NodeType, template: String?, at place: Placement, phase: NodePhase, inputs: CallInputs = CallInputs()
  ) -> NodeIndex {
    let node = Node(
      index: NodeIndex(nodes.count), id: nodeID(place.name), name: place.name, displayName: place.displayName,
      type: type, templateName: template, owner: place.owner, boundary: place.boundary, member: place.member,
      item: place.item, isHook: place.isHook, phase: phase, startedAt: now, inputs: inputs.parameters,
      inputArtifacts: inputs.artifacts)
    nodes.append(node)
    composites.append(newComposite(for: node))
    if let owner = place.owner { composite(owner) { $0.add(node) } }
    turn.changed.append(node.index)
    return node.index
  }

  func nodeID(_ nodeName: String) -> String { nodeName == name ? name : "\(name)-\(fnv1a(nodeName))" }

  /// A node that ends as soon as it appears: nothing of its template runs, so it is of no other type (as in Argo).
  mutating func addEndedNode(template: String, at place: Placement, _ phase: NodePhase, _ message: String) {
    finish(addNode(.skipped, template: template, at: place, phase: .pending), phase, message)
  }

  /// Runs a template with arguments (or with the reason why there are none).
  mutating func invoke(
    _ templateName: String, with arguments: Result<CallInputs, RenderError>, at place: Placement
  ) {
    guard let position = index.templates[templateName] else {
      return addEndedNode(template: templateName, at: place, .error, "template '\(templateName)' is not defined")
    }
    let template = workflow.spec.templates[position]
    do throws(RenderError) {
      try checkDepth(place)
      try checkGrowth(by: 1)
      let inputs = try bind(template, arguments)
      guard !refusesNewNodes(isHook: place.isHook) else {
        return addEndedNode(template: templateName, at: place, .failed, refusal)
      }
      admit(addNode(nodeType(of: template), template: templateName, at: place, phase: .pending, inputs: inputs))
    } catch {
      addEndedNode(template: templateName, at: place, .error, error.message)
    }
  }

  /// Begins a call in its turn: behind those of its template that wait already, when there is room.
  private mutating func admit(_ call: NodeIndex) {
    guard let frame = self[call].boundary else { return begin(call) }
    composite(frame) { $0.calls.enqueue(call) }
    admitWaiting(in: frame)
  }

  /// Begins the calls of a template that wait, as far as there is room.
  mutating func admitWaiting(in frame: NodeIndex) {
    if failsFast(frame) { return failWaiting(in: frame) }
    while composite(frame).calls.hasRoom {
      var next: NodeIndex?
      composite(frame) { next = $0.calls.next() }
      guard let next else { return }
      if !self[next].phase.isFulfilled { begin(next) }
    }
  }

  static let failFastMessage = "template has failed or errored children and failFast enabled"

  /// Whether a steps or dag node begins nothing new because one of its children has failed.
  func failsFast(_ frame: NodeIndex) -> Bool {
    guard template(of: self[frame])?.failFast ?? false else { return false }
    return nodes[Int(frame.value)...].contains { $0.boundary == frame && $0.phase.isFailure }
  }

  private mutating func failWaiting(in frame: NodeIndex) {
    while true {
      var next: NodeIndex?
      composite(frame) { next = $0.calls.next() }
      guard let next else { return }
      if !self[next].phase.isFulfilled { finish(next, .failed, Self.failFastMessage) }
    }
  }

  /// Sets a new node to work.
  mutating func begin(_ index: NodeIndex) {
    let now = now
    if isCall(self[index]) { frameQueue(of: self[index]) { $0.occupy() } }
    if self[index].type.isComposite {
      update(index) { node in
        node.phase = .running
        node.startedAt = now
      }
    }
    switch self[index].type {
    case .retry: startAttempt(of: self[index])
    case .pod: enqueueLaunch(of: index)
    case .suspend: suspend(self[index])
    case .steps: enterGroup(0, of: self[index])
    case .dag: enterDAG(self[index])
    case .stepGroup, .taskGroup, .skipped: break
    }
  }

  private func nodeType(of template: Template) -> NodeType {
    retryStrategy(of: template) == nil ? template.nodeType : .retry
  }

  func retryStrategy(of template: Template) -> RetryStrategy? {
    template.retryStrategy ?? workflow.spec.retryStrategy
  }

  private func checkDepth(_ place: Placement) throws(RenderError) {
    var depth = 0
    var boundary = place.boundary
    while let frame = boundary {
      depth += 1
      boundary = nodes[Int(frame.value)].boundary
    }
    if depth > Self.maximumDepth {
      throw RenderError("templates call each other more than \(Self.maximumDepth) levels deep")
    }
  }

  private func checkGrowth(by calls: Int) throws(RenderError) {
    if nodes.count + calls > Self.maximumNodes {
      throw RenderError("the run would have more than \(Self.maximumNodes) nodes")
    }
  }

  /// The value of each declared input: the argument, else the input's value, else its default.
  private func bind(
    _ template: Template, _ arguments: Result<CallInputs, RenderError>
  ) throws(RenderError) -> CallInputs {
    let given = try arguments.get()
    var bound: [ParameterValue] = []
    for input in template.inputs {
      bound.append(ParameterValue(name: input.name.value, value: try value(of: input, given.parameters)))
    }
    let artifacts = try bind(template.inputArtifacts, given.artifacts, in: Scope(inputs: bound))
    return CallInputs(parameters: bound, artifacts: artifacts)
  }

  private func value(of input: Parameter, _ given: [ParameterValue]) throws(RenderError) -> String {
    if let value = given[input.name.value] { return value }
    if let text = input.value { return try render(text, in: Scope()) }
    if let key = input.configMap, let value = try configMapValue(key, in: Scope()) { return value }
    guard let text = input.defaultValue else {
      throw RenderError("inputs.parameters.\(input.name.value) was not supplied")
    }
    return try render(text, in: Scope())
  }
}

extension Template {
  var nodeType: NodeType {
    switch body {
    case .container, .script, .resource: .pod
    case .steps: .steps
    case .dag: .dag
    case .suspend: .suspend
    }
  }
}

// MARK: Calls: steps and tasks

extension RunState {
  /// Runs one step or task: skipped, once, or once an item. `prefix` is the name its nodes have in front.
  mutating func call(_ step: Step, member: Int, owner: NodeIndex, boundary: NodeIndex, prefix: String) {
    let place = Placement(
      name: "\(prefix).\(step.name.value)", displayName: step.name.value, owner: owner, boundary: boundary,
      member: member, item: nil, isHook: self[owner].isHook)
    guard let loop = step.loop else { return callOnce(step, at: place) }
    do throws(RenderError) {
      let items = try items(of: loop, in: Scope(frame: boundary))
      try checkGrowth(by: items.count)
      guard !items.isEmpty else {
        return addEndedNode(template: step.template.value, at: place, .skipped, "Skipped, empty params")
      }
      callEach(items, step, at: place)
    } catch {
      // A `when` that needs no item may say that the items are not needed either.
      if let reason = try? reasonToSkip(step, in: Scope(frame: boundary)) {
        addEndedNode(template: step.template.value, at: place, .skipped, reason)
      } else {
        addEndedNode(template: step.template.value, at: place, .error, error.message)
      }
    }
  }

  /// Steps put the items into their group; a task gets a node of its own over them (Argo's rule 5).
  private mutating func callEach(_ items: [Value], _ step: Step, at place: Placement) {
    let isTask = place.owner.map { self[$0].type == .dag } ?? false
    var group: NodeIndex?
    if isTask { group = addNode(.taskGroup, template: step.template.value, at: place, phase: .running) }
    for (position, item) in items.enumerated() {
      let suffix = "(\(position):\(itemDescription(item)))"
      var itemPlace = place
      itemPlace.name += suffix
      itemPlace.displayName += suffix
      itemPlace.item = item
      if let group { (itemPlace.owner, itemPlace.member) = (group, position) }
      callOnce(step, at: itemPlace)
    }
  }

  mutating func callOnce(_ step: Step, at place: Placement) {
    let scope = Scope(frame: place.boundary, item: place.item)
    do throws(RenderError) {
      if let reason = try reasonToSkip(step, in: scope) {
        return addEndedNode(template: step.template.value, at: place, .skipped, reason)
      }
    } catch {
      return addEndedNode(template: step.template.value, at: place, .error, error.message)
    }
    let inputs = callInputs(step.arguments, step.artifacts, of: step.template.value, in: scope)
    invoke(step.template.value, with: inputs, at: place)
  }

  /// What the step's `when` says against it, its tags replaced; nil when the step runs.
  private func reasonToSkip(_ step: Step, in scope: Scope) throws(RenderError) -> String? {
    guard let when = step.when else { return nil }
    guard try !when.holds(in: ScopedRun(run: self, scope: scope)) else { return nil }
    return "when '\((try? render(when.text, in: scope)) ?? when.text.source)' evaluated false"
  }

  /// The rendered arguments. One that is absent (its producer was skipped) is left out, so that the callee's default counts.
  func arguments(
    _ arguments: [Argument], of template: String, in scope: Scope
  ) -> Result<[ParameterValue], RenderError> {
    let declared = index.templates[template].map { workflow.spec.templates[$0].inputs } ?? []
    var values: [ParameterValue] = []
    for argument in arguments {
      do throws(RenderError) {
        values.append(ParameterValue(name: argument.name.value, value: try render(argument.value, in: scope)))
      } catch {
        let input = declared.first { $0.name == argument.name }
        guard error.isAbsence, input?.defaultValue != nil || input?.value != nil else { return .failure(error) }
      }
    }
    return .success(values)
  }
}
