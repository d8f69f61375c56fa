import Testing
import WorkflowCore

/// What a simulated attempt answers; nil never answers.
struct Answer: Sendable {
  var outcome: Outcome?

  static let success = Answer(outcome: Outcome(.exited(code: 0)))
  static let silence = Answer(outcome: nil)

  static func success(result: String? = nil, _ parameters: KeyValuePairs<String, String> = [:]) -> Answer {
    let values = parameters.map { ParameterValue(name: $0.key, value: $0.value) }
    return Answer(outcome: Outcome(.exited(code: 0), parameters: values, result: result))
  }

  static func exit(_ code: Int32, _ parameters: KeyValuePairs<String, String> = [:]) -> Answer {
    let values = parameters.map { ParameterValue(name: $0.key, value: $0.value) }
    return Answer(outcome: Outcome(.exited(code: code), parameters: values))
  }

  static func ending(_ ending: Outcome.Ending) -> Answer { Answer(outcome: Outcome(ending)) }
}

/// Drives one run with an executor that exists only in memory and a clock that moves when told to: an attempt starts at
/// once and takes a second, one after the other.
///
/// After every event it checks that the run breaks none of its own rules, that it still owes exactly the launches that
/// nobody has answered, and that a run restored from what was kept would have decided the same.
struct Simulation {
  static let start = Timestamp(milliseconds: 1_372_914_000_000)  // 2013-07-04T05:00:00Z

  /// The run before it began: what is known of it without a state file.
  private(set) var admitted: RunState
  private(set) var run: RunState
  private(set) var now = Simulation.start
  /// Every launch requested, in order, and when.
  private(set) var launches: [Launch] = []
  private(set) var launchTimes: [Int64] = []
  /// Launches nobody has answered.
  private(set) var open: [Launch] = []
  private(set) var wakes: [(node: NodeIndex, at: Timestamp)] = []
  private(set) var terminated: [String] = []
  private(set) var released: [String] = []
  private(set) var history: [(event: Event, at: Timestamp)] = []
  /// Answers by the name or display name of the step; the last one is given to all further attempts.
  var answers: [String: [Answer]]

  init(_ workflow: Workflow, parameters: KeyValuePairs<String, String> = [:], answers: [String: [Answer]] = [:]) {
    admitted = Simulation.fresh(workflow, parameters.map { ParameterValue(name: $0.key, value: $0.value) })
    run = admitted
    self.answers = answers
  }

  /// A run driven until nothing answers any more.
  static func driven(
    _ workflow: Workflow, parameters: KeyValuePairs<String, String> = [:], answers: [String: [Answer]] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Simulation {
    var simulation = Simulation(workflow, parameters: parameters, answers: answers)
    simulation.begin(sourceLocation: sourceLocation)
    simulation.drive(sourceLocation: sourceLocation)
    return simulation
  }

  static func fresh(_ workflow: Workflow, _ parameters: [ParameterValue]) -> RunState {
    RunState(
      uid: "uid-1", name: "wf", namespace: "default", workflow: workflow, parameters: parameters, createdAt: start,
      directory: "/home/user")
  }
}

// MARK: Events

extension Simulation {
  mutating func begin(sourceLocation: SourceLocation = #_sourceLocation) {
    apply(.begun, sourceLocation: sourceLocation)
  }

  mutating func advance(seconds: Int64) { now = now.advanced(byMilliseconds: seconds * 1000) }

  /// Answers what is open, oldest first, and moves the clock to the next wake when nothing answers.
  mutating func drive(sourceLocation: SourceLocation = #_sourceLocation) {
    for _ in 0..<10_000 {
      if let (launch, outcome) = nextAnswer() {
        answer(launch, outcome, sourceLocation: sourceLocation)
      } else if let wake = wakes.min(by: { $0.at < $1.at }) {
        now = max(now, wake.at)
        apply(.retryDue(wake.node), sourceLocation: sourceLocation)
      } else {
        return expectRestorable(sourceLocation: sourceLocation)
      }
    }
    Issue.record("the run does not come to an end", sourceLocation: sourceLocation)
  }

  /// Starts and ends the attempt of the step with this name or display name.
  mutating func end(_ name: String, _ answer: Answer = .success, sourceLocation: SourceLocation = #_sourceLocation) {
    guard let launch = openLaunch(name, sourceLocation), let outcome = answer.outcome else { return }
    self.answer(launch, outcome, sourceLocation: sourceLocation)
  }

  func openLaunch(_ name: String, _ sourceLocation: SourceLocation = #_sourceLocation) -> Launch? {
    let launch = open.first { $0.nodeName == name || run[$0.attempt.node].displayName == name }
    if launch == nil { Issue.record("no launch of '\(name)' is open", sourceLocation: sourceLocation) }
    return launch
  }

  private mutating func answer(_ launch: Launch, _ outcome: Outcome, sourceLocation: SourceLocation) {
    apply(.attemptStarted(launch.attempt), sourceLocation: sourceLocation)
    advance(seconds: 1)
    apply(.attemptEnded(launch.attempt, outcome), sourceLocation: sourceLocation)
  }

  /// Sets the run back as an operator's retry does, and carries out what that asks for. Returns the names of what is made anew.
  mutating func retry(_ retry: ManualRetry = ManualRetry()) throws(RetryRefusal) -> [String] {
    let retried = try run.retried(retry, at: now)
    let dropped = retried.dropped.map { run[$0.node].name }
    run = retried.run
    // What went before cannot be told from events: the replay starts here.
    admitted = run
    history = []
    launches = []
    launchTimes = []
    retried.commands.forEach { perform($0) }
    checkSoundness(#_sourceLocation)
    return dropped
  }

  @discardableResult
  mutating func apply(_ event: Event, sourceLocation: SourceLocation = #_sourceLocation) -> Transition {
    var restored = admitted
    restored.restore(run.record, nodes: run.nodes)
    let transition = run.apply(event, at: now)
    history.append((event, now))
    take(event)
    transition.commands.forEach { perform($0) }
    expectEqual(transition, restored.apply(event, at: now), sourceLocation)
    #expect(restored.nodes == run.nodes, sourceLocation: sourceLocation)
    #expect(restored.record == run.record, sourceLocation: sourceLocation)
    checkSoundness(sourceLocation)
    return transition
  }

  private func checkSoundness(_ sourceLocation: SourceLocation) {
    #expect(run.violations().isEmpty, sourceLocation: sourceLocation)
    var owed: [Launch] = []
    for command in run.outstandingCommands {
      switch command {
      case .launch(let launch): owed.append(launch)
      case .wake(let node, let instant):
        // A restarted engine asks again for what is past; that changes nothing.
        #expect(
          instant <= now || wakes.contains { $0.node == node && $0.at == instant }, sourceLocation: sourceLocation)
      case .terminate, .release: break
      }
    }
    let expected = open.sorted { $0.attempt.node < $1.attempt.node }
    #expect(owed == expected, "what is owed is what nobody has answered", sourceLocation: sourceLocation)
    #expect(run.isSettled == (run.phase.isFinished && open.isEmpty), sourceLocation: sourceLocation)
  }
}

func expectEqual(_ left: Transition, _ right: Transition, _ sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(left.commands == right.commands, sourceLocation: sourceLocation)
  #expect(left.changedNodes == right.changedNodes, sourceLocation: sourceLocation)
  #expect(left.runChanged == right.runChanged, sourceLocation: sourceLocation)
  #expect(left.note == right.note, sourceLocation: sourceLocation)
}

// MARK: The executor

extension Simulation {
  private mutating func perform(_ command: Command) {
    switch command {
    case .launch(let launch):
      launches.append(launch)
      launchTimes.append(now.milliseconds(since: Simulation.start) / 1000)
      open.append(launch)
    case .terminate(let attempt):
      terminated.append(run[attempt.node].name)
    case .release(let attempt): released.append(attempt.nodeID)
    case .wake(let node, let instant): wakes.append((node, instant))
    }
  }

  private mutating func take(_ event: Event) {
    switch event {
    case .attemptEnded(let attempt, _): open.removeAll { $0.attempt == attempt }
    case .retryDue(let node): wakes.removeAll { $0.node == node && $0.at <= now }
    default: break
    }
  }

  private func nextAnswer() -> (Launch, Outcome)? {
    for launch in open {
      if let outcome = outcome(of: launch) { return (launch, outcome) }
    }
    return nil
  }

  /// What was asked to end dies of SIGTERM, whatever it would have answered.
  private func outcome(of launch: Launch) -> Outcome? {
    let node = run[launch.attempt.node]
    guard node.attempt != .ending else { return Outcome(.signaled(15)) }
    let retry = node.owner.map { run[$0] }.flatMap { $0.type == .retry ? $0 : nil }
    let called = retry ?? node
    let given = answers[called.name] ?? answers[called.displayName] ?? [.success]
    return given[min(retry == nil ? 0 : node.member, given.count - 1)].outcome
  }
}

// MARK: What came of it

extension Simulation {
  func node(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Node {
    try #require(
      run.nodes.first { $0.name == name }, "no node '\(name)' among \(run.nodes.map(\.name))",
      sourceLocation: sourceLocation)
  }

  /// The phase of a node by its name; nil when there is no such node.
  subscript(name: String) -> NodePhase? { run.nodes.first { $0.name == name }?.phase }

  var names: [String] { run.nodes.map(\.name) }
  var launched: [String] { launches.map(\.nodeName) }

  func message(_ name: String) -> String? { run.nodes.first { $0.name == name }?.message }
  func launch(_ name: String) throws -> Launch { try #require(launches.last { $0.nodeName == name }) }
}
