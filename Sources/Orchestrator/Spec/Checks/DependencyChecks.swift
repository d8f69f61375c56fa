import WorkflowCore

/// The tasks of a DAG wait only for tasks that exist, and never for themselves.
struct DependencyChecks {
  let workflow: WorkflowOutline

  init(_ workflow: WorkflowOutline) { self.workflow = workflow }

  func check() {
    for template in workflow.templates { check(template) }
  }

  private func check(_ template: TemplateOutline) {
    for call in template.calls.flatMap({ $0 }) {
      if let inline = call.inline { check(TemplateOutline(inline)) }
    }
    guard template.isDAG else { return }
    let graph = TaskGraph(template)
    for task in graph.tasks { check(task, in: graph) }
    for cycle in graph.cycles() { report(cycle, in: graph) }
    checkTarget(of: template, graph)
  }

  private func check(_ task: CallOutline, in graph: TaskGraph) {
    checkName(task, in: graph)
    if graph.usesDepends { checkMixture(task) }
    for dependency in task.cursor.list("dependencies") { checkExists(dependency, dependency.text, graph) }
    guard let cursor = task.cursor["depends"], !cursor.text.isEmpty, cursor.isOfReadableLength else { return }
    do throws(ExpressionSyntaxError) {
      for reference in try DependsExpression(parsing: cursor.text).references {
        check(reference, cursor, graph)
      }
    } catch {
      cursor.report(
        .syntax, at: cursor.position(ofCharacter: error.offset), "in 'depends': \(error.message)",
        hint: error.hint)
    }
  }

  private func checkName(_ task: CallOutline, in graph: TaskGraph) {
    guard let first = task.name.value.utf8.first, (0x30...0x39).contains(first) else { return }
    guard graph.usesDepends || task.cursor["dependencies"] != nil else { return }
    task.cursor.report(
      .invalidValue, at: task.name.position,
      "the task '\(task.name.value)' begins with a digit, which 'depends' and 'dependencies' do not allow")
  }

  private func checkMixture(_ task: CallOutline) {
    if let dependencies = task.cursor["dependencies"] {
      dependencies.report(
        .conflict, "'dependencies' cannot be used in a dag that uses 'depends'",
        hint: "write depends: \"\(dependencies.elements.map(\.text).joined(separator: " && "))\"")
    }
    if let policy = task.cursor["continueOn"] {
      policy.report(
        .conflict, "'continueOn' cannot be used in a dag that uses 'depends'",
        hint: "name the outcome where the task is awaited: \(task.name.value).Failed or .Errored")
    }
  }

  private func checkExists(_ cursor: SpecCursor, _ name: String, _ graph: TaskGraph) {
    guard graph.index[name] == nil else { return }
    cursor.report(
      .unknownName, "'\(name)' is not a task of this dag", hint: didYouMean(name, among: graph.names))
  }

  private func check(_ reference: DependsReference, _ cursor: SpecCursor, _ graph: TaskGraph) {
    // Asked for only when there is something to show: finding it reads the whole expression.
    var place: Position { cursor.position(ofCharacter: reference.offset) }
    guard let index = graph.index[reference.task] else {
      return cursor.report(
        .unknownName, at: place, "'\(reference.task)' is not a task of this dag",
        hint: didYouMean(reference.task, among: graph.names))
    }
    guard let condition = reference.condition, [.anySucceeded, .allFailed].contains(condition) else { return }
    guard !graph.tasks[index].isLooped else { return }
    cursor.report(
      .invalidValue, at: place,
      "'\(condition.rawValue)' asks about the items of a loop, and task '\(reference.task)' has none",
      hint: "use \(condition == .anySucceeded ? "Succeeded" : "Failed")")
  }

  private func report(_ cycle: [Int], in graph: TaskGraph) {
    var names = (cycle + [cycle[0]]).map { graph.tasks[$0].name.value }
    if names.count > 12 { names.replaceSubrange(10..<(names.count - 1), with: ["(\(names.count - 11) more)"]) }
    let task = graph.tasks[cycle[0]].cursor
    let cursor = task["depends"] ?? task["dependencies"] ?? task
    let message =
      cycle.count == 1
      ? "the task '\(names[0])' waits for itself"
      : "these tasks wait for each other: " + names.joined(separator: " -> ")
    cursor.report(.cycle, message)
  }

  private func checkTarget(of template: TemplateOutline, _ graph: TaskGraph) {
    guard let target = template.cursor["dag"]?["target"], tags(in: target.text).isEmpty else { return }
    for name in target.text.split(separator: " ").map(String.init) { checkExists(target, name, graph) }
  }
}

/// The tasks of a DAG and what each waits for.
struct TaskGraph {
  let tasks: [CallOutline]
  let index: [String: Int]
  /// For each task, those it names.
  let dependencies: [[Int]]
  let usesDepends: Bool

  init(_ template: TemplateOutline) {
    let tasks = template.calls.flatMap { $0 }
    var index: [String: Int] = [:]
    for (position, task) in tasks.enumerated() where index[task.name.value] == nil {
      index[task.name.value] = position
    }
    self.tasks = tasks
    self.index = index
    dependencies = tasks.map { Self.awaited(by: $0).compactMap { index[$0] } }
    usesDepends = tasks.contains { !($0.cursor.text("depends") ?? "").isEmpty }
  }

  var names: [String] { tasks.map(\.name.value) }

  private static func awaited(by task: CallOutline) -> [String] {
    let listed = task.cursor.list("dependencies").map(\.text)
    guard let cursor = task.cursor["depends"], cursor.text.utf8.count <= longestExpression else { return listed }
    return listed + ((try? DependsExpression(parsing: cursor.text))?.taskNames ?? [])
  }

  /// Cycles that share no task, each from its first task on. A depth-first search with a stack of its own: a chain of
  /// tasks may be longer than the machine's.
  func cycles() -> [[Int]] {
    enum Mark { case new, open, done }
    var marks = [Mark](repeating: .new, count: tasks.count)
    var found: [[Int]] = []
    for start in tasks.indices where marks[start] == .new {
      var path: [(task: Int, next: Int)] = [(start, 0)]
      marks[start] = .open
      while let (task, next) = path.last {
        guard next < dependencies[task].count else {
          marks[task] = .done
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let other = dependencies[task][next]
        if marks[other] == .new {
          marks[other] = .open
          path.append((other, 0))
        } else if marks[other] == .open, let first = path.firstIndex(where: { $0.task == other }) {
          found.append(Self.rotated(path[first...].map(\.task)))
        }
      }
    }
    return found
  }

  /// The same cycle, beginning with the task that comes first in the file.
  private static func rotated(_ cycle: [Int]) -> [Int] {
    guard let first = cycle.min(), let position = cycle.firstIndex(of: first) else { return cycle }
    return Array(cycle[position...] + cycle[..<position])
  }
}
