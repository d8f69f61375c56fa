/// What is looked up again and again in a workflow, worked out once: templates and steps by name, dag edges, captured results.
struct WorkflowIndex: Sendable {
  private(set) var templates: [String: Int] = [:]
  private(set) var calls: [CallIndex] = []

  init(_ workflow: Workflow) {
    for (position, template) in workflow.spec.templates.enumerated() {
      templates[template.name.value] = position
      calls.append(CallIndex(template))
    }
  }
}

/// The steps or tasks of one template.
struct CallIndex: Sendable {
  /// Where a step stands; tasks are all in group 0.
  struct Place: Hashable, Sendable {
    let group: Int
    let member: Int
  }

  private(set) var places: [String: Place] = [:]
  private(set) var dag: DAGPlan?
  /// Whether some step or task has hooks that wait for a condition.
  private(set) var hasHooks = false
  /// Steps whose standard output some tag of this template asks for.
  private(set) var capturedResults: Set<String> = []

  init(_ template: Template) {
    switch template.body {
    case .steps(let groups):
      for (group, steps) in groups.enumerated() {
        for (member, step) in steps.enumerated() { add(step, Place(group: group, member: member)) }
      }
    case .dag(let dag):
      for (member, task) in dag.tasks.enumerated() { add(task.step, Place(group: 0, member: member)) }
      self.dag = DAGPlan(dag)
    case .container, .script, .suspend, .resource: return
    }
    for artifact in template.outputArtifacts { capture(artifact.references, artifact.expressions) }
    for output in template.outputs {
      switch output.source {
      case .parameter(let text): capture(text.references, text.expressions)
      case .expression(let expression): capture([], [expression])
      case .path, .supplied, .object: break
      }
    }
  }

  private mutating func add(_ step: Step, _ place: Place) {
    places[step.name.value] = place
    if !step.hooks.isEmpty { hasHooks = true }
    let texts = step.texts
    capture(texts.flatMap(\.references), texts.flatMap(\.expressions) + step.hookConditions)
    for artifact in step.artifacts { capture(artifact.references, artifact.expressions) }
  }

  private mutating func capture(_ references: [Reference], _ expressions: [Expression]) {
    for case .sibling(let name, .result) in references { capturedResults.insert(name) }
    for mention in expressions.flatMap(\.references) {
      if let name = mention.stepAskedForResult { capturedResults.insert(name) }
    }
  }
}

/// The edges of a dag, by position of its tasks.
struct DAGPlan: Sendable {
  private(set) var dependencies: [[Int]]
  private(set) var dependants: [[Int]]
  /// The tasks whose phases decide the dag's: its `target`, or all that nothing depends on.
  private(set) var targets: [Int]
  /// The targets and everything they depend on.
  private(set) var relevant: [Bool]
  /// The relevant tasks, each after all that it depends on; without those that wait for each other in a circle.
  private(set) var order: [Int]

  /// Whether some task can never start. Such workflows are not admitted; this keeps the core total.
  var isCyclic: Bool { order.count < relevant.count { $0 } }

  init(_ dag: DAG) {
    var positions: [String: Int] = [:]
    for (position, task) in dag.tasks.enumerated() { positions[task.step.name.value] = position }
    let edges = dag.tasks.map { ($0.depends?.taskNames ?? []).compactMap { positions[$0] } }
    var reverse = Array(repeating: [Int](), count: edges.count)
    for (task, needed) in edges.enumerated() {
      for dependency in needed { reverse[dependency].append(task) }
    }
    dependencies = edges
    dependants = reverse
    let named = dag.target.compactMap { positions[$0.value] }
    targets = named.isEmpty ? edges.indices.filter { reverse[$0].isEmpty } : named
    relevant = named.isEmpty ? edges.map { _ in true } : Self.ancestry(of: targets, edges)
    order = Self.order(edges, reverse, of: relevant)
  }

  private static func order(_ dependencies: [[Int]], _ dependants: [[Int]], of relevant: [Bool]) -> [Int] {
    var waiting = dependencies.map(\.count)
    var order = dependencies.indices.filter { relevant[$0] && waiting[$0] == 0 }
    var position = 0
    while position < order.count {
      for dependant in dependants[order[position]] where relevant[dependant] {
        waiting[dependant] -= 1
        if waiting[dependant] == 0 { order.append(dependant) }
      }
      position += 1
    }
    return order
  }

  private static func ancestry(of targets: [Int], _ dependencies: [[Int]]) -> [Bool] {
    var seen = Array(repeating: false, count: dependencies.count)
    var open = targets
    while let task = open.popLast() {
      guard !seen[task] else { continue }
      seen[task] = true
      open += dependencies[task]
    }
    return seen
  }
}

extension ExpressionReference {
  /// The step whose standard output the expression may take: named outright, or within a whole such as `steps.a.outputs`.
  fileprivate var stepAskedForResult: String? {
    guard path.count >= 2, path[0] == "steps" || path[0] == "tasks" else { return nil }
    return ["outputs", "result"].starts(with: path.dropFirst(2).prefix(2)) ? path[1] : nil
  }
}

extension Artifact {
  fileprivate var references: [Reference] {
    switch source {
    case .location(let location): location.texts.flatMap(\.references)
    case .reference(let text): text.references
    case .expression, nil: []
    }
  }

  fileprivate var expressions: [Expression] {
    if case .expression(let expression) = source { [expression] } else { [] }
  }
}

extension Step {
  /// Every text of this call that may hold tags.
  var texts: [TemplateString] {
    arguments.map(\.value) + (onExit?.arguments.map(\.value) ?? []) + hooks.flatMap { $0.arguments.map(\.value) }
      + [when?.text].compactMap { $0 } + (loop?.texts ?? [])
  }

  /// The conditions under which something runs beside this call or after it.
  var hookConditions: [Expression] { [onExit?.expression].compactMap { $0 } + hooks.map(\.expression) }
}

extension Loop {
  var texts: [TemplateString] {
    switch self {
    case .items(let items): items.flatMap(\.texts)
    case .parameter(let text): [text]
    case .sequence(let sequence): [sequence.start, sequence.end, sequence.count].compactMap { $0 }
    }
  }
}

extension ItemTemplate {
  var texts: [TemplateString] {
    switch self {
    case .scalar: []
    case .text(let text): [text]
    case .list(let items): items.flatMap(\.texts)
    case .map(let members): members.flatMap(\.value.texts)
    }
  }
}
