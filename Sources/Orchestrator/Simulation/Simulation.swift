import WorkflowCore
import WorkflowSpec

/// One seed: a random workflow, driven by the real decisions through random misfortune, with every promise checked on the
/// way; then the misfortune stops, and the run must come to its end.
struct Simulation {
  static let start = Timestamp(milliseconds: 1_372_914_000_000)  // 2013-07-04T05:00:00Z
  private static let turnsWithFaults = 300
  private static let turnsToTheEnd = 10_000

  let seed: UInt64
  private var random: SplitMix64
  private var faults: FaultProfile
  private var now = Simulation.start
  private let admitted: RunState
  /// In memory; a crash loses it.
  private var run: RunState
  /// On disk.
  private var committed: (record: RunRecord, nodes: [Node])
  private var executor = SimulatedExecutor()
  private var inbox: [Event] = []
  private var wakes: [(node: NodeIndex, at: Timestamp)] = []
  /// Committed events, in order, for replay.
  private(set) var journal: [(event: Event, at: Timestamp)] = []
  private(set) var coverage = Coverage()
  private(set) var broken: [String] = []

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix64(seed: seed)
    faults = FaultProfile(&random)
    var generator = RandomWorkflow(seed: seed &+ 1)
    let file = WorkflowReader(for: .run).read(generator.manifest(), name: "seed-\(seed)")
    let workflow = file.workflows.first ?? Self.emptyWorkflow
    if file.workflows.isEmpty { broken.append("the generator wrote a wrong workflow: \(file.report)") }
    admitted = RunState(
      uid: "uid", name: "wf", namespace: "default", workflow: workflow, parameters: [], createdAt: Self.start)
    run = admitted
    committed = (run.record, run.nodes)
  }

  private static let emptyWorkflow = Workflow(
    metadata: ObjectMetadata(name: "wf"), spec: WorkflowSpec(entrypoint: Located("none"), templates: []),
    manifest: .null)

  mutating func play() {
    inbox.append(.begun)
    for _ in 0..<Self.turnsWithFaults where broken.isEmpty && !isOver { takeTurn() }
    faults = .none
    for _ in 0..<Self.turnsToTheEnd where broken.isEmpty && !isOver { takeTurn() }
    if !isOver { breaks("O5: not at its end \(Self.turnsToTheEnd) turns after the last fault") }
    checkEnd()
  }

  private var isOver: Bool { run.isSettled && executor.executions.allSatisfy(\.hasEnded) }
  private mutating func breaks(_ rule: String) { broken.append(rule) }
  private mutating func happens(_ fault: FaultProfile.Fault) -> Bool {
    guard random.chance(faults.rate(fault)) else { return false }
    coverage.count(fault)
    return true
  }
}

// MARK: Turns

extension Simulation {
  private mutating func takeTurn() {
    moveTime()
    letExecutionsEnd()
    deliverNews()
    disturb()
    guard !inbox.isEmpty else { return askForNews() }
    let place = happens(.observationReordered) ? random.below(inbox.count) : 0
    apply(inbox.remove(at: place))
  }

  private mutating func apply(_ event: Event) {
    coverage.count(event, on: run)
    let transition = run.apply(event, at: now)
    for violation in run.violations() { breaks("invariant: \(violation)") }
    // A commit that fails leaves memory ahead of the disk: the engine leaves, and another recovers.
    if happens(.commitFailed) { return crash() }
    committed = (run.record, run.nodes)
    journal.append((event, now))
    for command in transition.commands {
      if happens(.crash) { return crash() }
      perform(command)
    }
  }

  private mutating func moveTime() {
    now = now.advanced(byMilliseconds: Int64(random.below(3000)))
    if happens(.clockJump) { now = now.advanced(byMilliseconds: Int64(random.below(7_200_000)) - 3_600_000) }
    let due = wakes.filter { $0.at <= now }
    wakes.removeAll { $0.at <= now }
    inbox += due.map { .retryDue($0.node) }
  }

  private mutating func letExecutionsEnd() {
    for position in executor.running where random.chance(400) { executor.end(position) }
  }

  private mutating func deliverNews() {
    for position in executor.unreported where random.chance(600) {
      let execution = executor.executions[position]
      executor.report(position)
      if happens(.observationLost) { continue }
      if random.chance(700) { inbox.append(.attemptStarted(execution.attempt)) }
      inbox.append(.attemptEnded(execution.attempt, execution.outcome))
      if happens(.observationRepeated) { inbox.append(.attemptEnded(execution.attempt, execution.outcome)) }
    }
    for position in executor.running where random.chance(300) {
      let attempt = executor.executions[position].attempt
      inbox.append(
        random.chance(500) ? .attemptStarted(attempt) : .attemptProgressed(attempt, Progress(done: 1, total: 2)))
    }
  }

  private mutating func disturb() {
    if happens(.shutdown) { inbox.append(.shutdownRequested(random.one(of: ShutdownStrategy.allCases))) }
    guard happens(.strangeEvent), !run.nodes.isEmpty else { return }
    let node = random.one(of: run.nodes)
    let attempt = AttemptID(run: run.uid, node: node.index, nodeID: node.id)
    switch random.below(6) {
    // An end that no execution had may only be invented for nodes that no executor answers for.
    case 0 where executor.position(of: attempt) == nil && node.attempt == nil:
      inbox.append(.attemptEnded(attempt, Outcome(.exited(code: 0))))
    case 1: inbox.append(.retryDue(node.index))
    case 2: inbox.append(.attemptDelayed(attempt, reason: "waits"))
    case 3: inbox.append(.begun)
    case 4 where node.attempt == nil: inbox.append(.attemptStarted(attempt))
    default: inbox.append(.attemptProgressed(attempt, Progress(done: 0, total: 1)))
    }
  }

  /// What does not come is asked for: every command that is owed is repeated, and executors answer again.
  private mutating func askForNews() {
    for command in run.outstandingCommands {
      if case .launch(let launch) = command { executor.askAgain(launch.attempt) }
      perform(command)
    }
  }

  /// Everything uncommitted is gone; what is on disk says what is owed.
  private mutating func crash() {
    run = admitted
    run.restore(committed.record, nodes: committed.nodes)
    inbox = []
    wakes = []
    if run.phase == .pending { inbox.append(.begun) }
    askForNews()
  }
}

// MARK: Commands

extension Simulation {
  private mutating func perform(_ command: Command) {
    switch command {
    case .launch(let launch): perform(launch)
    case .terminate(let attempt):
      if happens(.callUnavailable) { return }
      if executor.position(of: attempt) == nil {
        inbox.append(.attemptEnded(attempt, Outcome(.error("ended before it started"))))
      }
      executor.terminate(attempt)
    case .release(let attempt): executor.release(attempt)
    case .wake(let node, let instant):
      if !wakes.contains(where: { $0.node == node && $0.at == instant }) { wakes.append((node, instant)) }
    }
  }

  private mutating func perform(_ launch: Launch) {
    checkMayStart(launch.attempt)
    if happens(.callUnavailable) { return inbox.append(.attemptDelayed(launch.attempt, reason: "unavailable")) }
    if executor.position(of: launch.attempt) == nil, happens(.callRefused) {
      return inbox.append(.attemptEnded(launch.attempt, Outcome(.error("refused"))))
    }
    executor.ensureLaunched(launch.attempt, outcome: randomOutcome(launch))
    // It took effect, but the caller was told otherwise: the caller asks again.
    if happens(.callReportedFailed) { perform(launch) }
  }

  private mutating func randomOutcome(_ launch: Launch) -> Outcome {
    let ending: Outcome.Ending =
      switch random.below(20) {
      case 0..<13: .exited(code: 0)
      case 13..<16: .exited(code: random.one(of: [1, 65, 75]))
      case 16: .signaled(9)
      case 17: .lost("lost")
      case 18: .outOfMemory
      default: .error("connection refused")
      }
    let written = launch.outputFiles.filter { _ in random.chance(850) }
    return Outcome(
      ending, parameters: written.map { ParameterValue(name: $0.parameter, value: "1") },
      result: launch.capturesResult ? random.one(of: ["1", "[1,2]", "plain"]) : nil)
  }
}

// MARK: Oracles

extension Simulation {
  /// O1 and O2: what is recorded as ended is never launched again, and nothing is launched under an ended parent.
  private mutating func checkMayStart(_ attempt: AttemptID) {
    guard Int(attempt.node.value) < committed.nodes.count else {
      return breaks("O1: \(attempt.nodeID) was launched before it was committed")
    }
    let node = committed.nodes[Int(attempt.node.value)]
    if node.phase.isFulfilled {
      breaks("O1: \(node.name) was launched again after it was recorded as \(node.phase.rawValue)")
    }
    if let owner = node.owner, committed.nodes[Int(owner.value)].phase.isFulfilled {
      breaks("O2: \(node.name) was launched under an ended parent")
    }
  }

  private mutating func checkEnd() {
    for (attempt, count) in executor.begins.sorted(by: { $0.key.node < $1.key.node }) where count > 1 {
      breaks("O1: \(attempt.nodeID) began \(count) times")
    }
    for node in run.nodes where !node.phase.isFulfilled {
      breaks("O6: \(node.name) is \(node.phase.rawValue) at the end")
    }
    var replayed = admitted
    for (event, instant) in journal { _ = replayed.apply(event, at: instant) }
    if replayed.nodes != committed.nodes || replayed.record != committed.record {
      breaks("O7: the journal, replayed, leads elsewhere than the rows")
    }
  }

  /// A number that is equal for equal journals and nodes: two processes must agree on it.
  var digest: UInt64 {
    var hash: UInt64 = 14_695_981_039_346_656_037
    func mix(_ text: String) { for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 } }
    for (event, instant) in journal { mix("\(instant.milliseconds) \(event)") }
    for node in run.nodes { mix("\(node.name) \(node.phase) \(node.message ?? "")") }
    return hash
  }
}
