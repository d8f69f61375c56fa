import Testing
import WorkflowCore

/// A small generator whose numbers are the same everywhere (Steele, Lea and Flood, "Fast Splittable Pseudorandom
/// Number Generators").
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  mutating func one<Element>(of choices: [Element]) -> Element { choices[below(choices.count)] }
}

/// Builds workflows of 1 to about 40 calls: steps and dags in each other, loops, conditions, retries, references.
struct WorkflowGenerator {
  private var random: SplitMix64
  private var budget: Int
  private var frames: [Template] = []

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    budget = 1 + random.below(40)
  }

  mutating func workflow() -> Workflow {
    let main = frame(depth: 0)
    let handler: String? = random.chance(30) ? random.one(of: ["work", "flaky", main.name.value]) : nil
    var workflow = Workflow.entering(main, onExit: handler)
    workflow.spec.templates += frames + leaves()
    if random.chance(10) { workflow.spec.retryStrategy = retry() }
    if random.chance(30) { workflow.spec.parallelism = 1 + random.below(4) }
    return workflow
  }

  private mutating func leaves() -> [Template] {
    let text = Parameter.input("text", default: "none")
    return [
      .container("work", inputs: [text], args: ["{{inputs.parameters.text}}"]),
      .container("make", inputs: [text], outputs: [.file("n", globalName: "last")]),
      .container("flaky", inputs: [text], outputs: [.file("n", default: "0")], args: ["{{retries}}"], retry: retry()),
      .container("strict", inputs: [.input("text")]),
    ]
  }

  private mutating func retry() -> RetryStrategy {
    let backoff = RetryStrategy.Backoff(duration: "5s", factor: random.chance(50) ? "2" : nil, maxDuration: "1m")
    return .limit(
      random.one(of: ["0", "1", "2"]), random.one(of: RetryStrategy.Policy.allCases),
      backoff: random.chance(50) ? backoff : nil)
  }

  private mutating func frame(depth: Int) -> Template {
    let name = "frame-\(frames.count)-\(depth)"
    let isDAG = random.chance(50)
    var calls: [Step] = []
    for place in 0..<(1 + random.below(5)) where budget > 0 {
      calls.append(call("c\(place)", after: calls.map(\.name.value), isDAG: isDAG, depth: depth))
    }
    let outputs = calls.first.map {
      [OutputParameter.from(tag(of: $0.name.value, isDAG, "outputs.parameters.n"), as: "n", default: "d")]
    }
    let strategy = random.chance(15) ? retry() : nil
    let limit = random.chance(20) ? 1 + random.below(3) : nil
    let inputs = [Parameter.input("text", default: "none")]
    guard isDAG else {
      return .steps(name, inputs: inputs, outputs: outputs ?? [], retry: strategy, parallelism: limit, grouped(calls))
    }
    let target = random.chance(15) ? calls.last.map { [$0.name.value] } ?? [] : []
    return .dag(
      name, inputs: inputs, outputs: outputs ?? [], retry: strategy, target: target, parallelism: limit, tasks(calls))
  }

  private func tag(of call: String, _ isDAG: Bool, _ variable: String) -> TemplateString {
    TemplateString("{{\(isDAG ? "tasks" : "steps").\(call).\(variable)}}")
  }

  private mutating func grouped(_ calls: [Step]) -> [[Step]] {
    var groups: [[Step]] = []
    for call in calls {
      if groups.isEmpty || random.chance(60) { groups.append([]) }
      groups[groups.count - 1].append(call)
    }
    return groups
  }

  private mutating func tasks(_ calls: [Step]) -> [DAGTask] {
    calls.enumerated().map { place, call in
      let depends = place == 0 || random.chance(30) ? nil : condition(on: calls[..<place].map(\.name.value))
      return DAGTask(step: call, depends: DAGTask.task("", depends: depends).depends)
    }
  }

  private mutating func condition(on earlier: [String]) -> String {
    var text = ""
    for term in 0..<(1 + random.below(3)) {
      if term > 0 { text += random.one(of: [" && ", " || "]) }
      if random.chance(10) { text += "!" }
      text += random.one(of: earlier)
      if random.chance(50) { text += "." + random.one(of: DependsCondition.allCases).rawValue }
    }
    return text
  }

  private mutating func call(_ name: String, after earlier: [String], isDAG: Bool, depth: Int) -> Step {
    budget -= 1
    let loop = loop(after: earlier, isDAG)
    return .step(
      name, template(depth: depth), random.chance(70) ? ["text": argument(after: earlier, isDAG)] : [:],
      when: when(after: earlier, isDAG, isLooped: loop != nil), loop: loop,
      continueOn: ContinueOn(rawValue: UInt8(random.below(4)) & UInt8(random.below(4))))
  }

  private mutating func template(depth: Int) -> String {
    guard depth < 3, budget > 0, random.chance(25) else { return random.one(of: ["work", "make", "flaky", "strict"]) }
    let inner = frame(depth: depth + 1)
    frames.append(inner)
    return inner.name.value
  }

  private mutating func argument(after earlier: [String], _ isDAG: Bool) -> TemplateString {
    guard !earlier.isEmpty, random.chance(60) else {
      return random.one(of: ["plain", "{{workflow.name}}", "{{item}}"])
    }
    let variable = random.one(of: ["outputs.result", "outputs.parameters.n", "status", "exitCode"])
    return tag(of: random.one(of: earlier), isDAG, variable)
  }

  private mutating func loop(after earlier: [String], _ isDAG: Bool) -> Loop? {
    guard random.chance(30) else { return nil }
    switch random.below(4) {
    case 0: return .over("x", 2, "(y)")
    case 1: return .count(TemplateString(String(random.below(4))))
    case 2 where !earlier.isEmpty: return .parameter(tag(of: random.one(of: earlier), isDAG, "outputs.result"))
    default: return .parameter(#"[1, {"k": "v"}]"#)
    }
  }

  private mutating func when(after earlier: [String], _ isDAG: Bool, isLooped: Bool) -> String? {
    guard random.chance(25) else { return nil }
    if isLooped, random.chance(50) { return "{{item}} != 2" }
    guard !earlier.isEmpty, random.chance(70) else { return random.one(of: ["false", "true", "1 + 1"]) }
    return tag(of: random.one(of: earlier), isDAG, "status").source + " == Succeeded"
  }
}

/// What can happen to a run, at random: outcomes in any order, starts that come late or never, repeated and invented
/// events, wakes before their time, a stop in the middle.
struct RandomWorld {
  private var random: SplitMix64
  private var withheld: [Event] = []

  init(seed: UInt64) { random = SplitMix64(seed: seed ^ 0xABCD_EF01_2345_6789) }

  mutating func play(_ workflow: Workflow) -> Simulation {
    var simulation = Simulation(workflow)
    if random.chance(5) { disturb(&simulation) }
    simulation.begin()
    for _ in 0..<3_000 {
      if simulation.run.isSettled { break }
      simulation.advance(seconds: Int64(random.below(3)))
      if random.chance(25) { disturb(&simulation) } else { proceed(&simulation) }
    }
    return simulation
  }

  private mutating func proceed(_ simulation: inout Simulation) {
    guard !simulation.open.isEmpty else {
      guard let wake = simulation.wakes.min(by: { $0.at < $1.at }) else { return }
      let wait = wake.at.milliseconds(since: simulation.now)
      simulation.advance(seconds: max(0, wait + 999) / 1000)
      simulation.apply(.retryDue(wake.node))
      return
    }
    let attempt = random.one(of: simulation.open).attempt
    switch random.below(4) {
    case 0: simulation.apply(.attemptStarted(attempt))
    case 1:
      withheld.append(.attemptStarted(attempt))
      simulation.apply(.attemptProgressed(attempt, Progress(done: Int64(random.below(10)), total: 10)))
    default: simulation.apply(.attemptEnded(attempt, outcome()))
    }
  }

  private mutating func disturb(_ simulation: inout Simulation) {
    switch random.below(40) {
    case 0: simulation.apply(.shutdownRequested(random.one(of: ShutdownStrategy.allCases)))
    case 1..<10 where !withheld.isEmpty: simulation.apply(withheld.removeFirst())
    case 10..<15: simulation.apply(.retryDue(NodeIndex(random.below(20) - 1)))
    case 15..<20:
      let stranger = AttemptID(run: "uid-1", node: NodeIndex(random.below(30) - 1), nodeID: "wf-\(random.below(9))")
      simulation.apply(.attemptEnded(stranger, outcome()))
    case 20..<25 where !simulation.open.isEmpty:
      simulation.apply(.attemptDelayed(random.one(of: simulation.open).attempt, reason: "waits"))
    default:
      if !simulation.history.isEmpty, !isShutdown(simulation.history) { repeatOld(&simulation) }
    }
  }

  private mutating func repeatOld(_ simulation: inout Simulation) {
    simulation.apply(random.one(of: simulation.history).event)
  }

  private func isShutdown(_ history: [(event: Event, at: Timestamp)]) -> Bool {
    history.contains { if case .shutdownRequested = $0.event { true } else { false } }
  }

  private mutating func outcome() -> Outcome {
    let ending: Outcome.Ending =
      switch random.below(20) {
      case 0..<13: .exited(code: 0)
      case 13..<16: .exited(code: random.one(of: [1, 65, 75]))
      case 16: .signaled(9)
      case 17: .lost("lost")
      default: .error("Connection refused")
      }
    let parameters = random.chance(85) ? [ParameterValue(name: "n", value: random.one(of: ["1", "[2]", "text"]))] : []
    return Outcome(ending, parameters: parameters, result: random.one(of: ["1", "[1,2]", "[]", "plain", "{\"a\":1}"]))
  }
}
