import WorkflowCore

/// Writes workflows of 1 to about 40 calls: steps and dags in each other, loops, conditions, retries, references. What it
/// writes goes through the real reader, so the whole way from text to run is exercised.
struct RandomWorkflow {
  private var random: SplitMix64
  private var budget: Int
  private var templates: [Value] = []

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    budget = 1 + random.below(40)
  }

  mutating func manifest() -> Value {
    let main = frame(depth: 0)
    var spec: [(String, Value?)] = [("entrypoint", .string(main)), ("templates", .array(leaves() + templates))]
    if random.chance(300) { spec.append(("onExit", .string(random.one(of: ["work", "flaky"])))) }
    if random.chance(300) { spec.append(("parallelism", .int(Int64(1 + random.below(4))))) }
    if random.chance(100) { spec.append(("retryStrategy", retry())) }
    return .record([
      "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": .record(["name": "wf"]),
      "spec": object(spec),
    ])
  }

  private func object(_ members: [(String, Value?)]) -> Value {
    .object(.init(uniqueKeysWithValues: members.compactMap { member in member.1.map { (member.0, $0) } }))
  }

  private mutating func leaves() -> [Value] {
    let text: Value = .record(["parameters": .array([.record(["name": "text", "default": "none"])])])
    let file: Value = .record([
      "parameters": .array([
        .record(["name": "n", "valueFrom": .record(["path": "/tmp/n", "default": random.chance(500) ? "0" : nil])])
      ])
    ])
    let container: Value = .record([
      "image": "image", "command": .array(["run"]), "args": .array(["{{inputs.parameters.text}}"]),
    ])
    return [
      .record(["name": "work", "inputs": text, "container": container]),
      .record(["name": "make", "inputs": text, "outputs": file, "container": container]),
      .record(["name": "flaky", "inputs": text, "retryStrategy": retry(), "container": container]),
    ]
  }

  private mutating func retry() -> Value {
    let backoff: Value = .record(["duration": "5s", "factor": random.chance(500) ? "2" : nil, "maxDuration": "10m"])
    return .record([
      "limit": .string(random.one(of: ["0", "1", "2"])),
      "retryPolicy": .string(random.one(of: ["OnFailure", "OnError", "Always", "OnTransientError"])),
      "backoff": random.chance(500) ? backoff : nil,
    ])
  }

  /// Adds a steps or dag template and returns its name.
  private mutating func frame(depth: Int) -> String {
    let name = "frame-\(templates.count)-\(depth)-\(budget)"
    let isDAG = random.chance(500)
    var calls: [[(String, Value?)]] = []
    for place in 0..<(1 + random.below(5)) where budget > 0 {
      calls.append(call(place, isDAG: isDAG, depth: depth))
    }
    let body: Value = isDAG ? .record(["tasks": .array(calls.map(object))]) : .array(grouped(calls))
    templates.append(
      object([
        ("name", .string(name)), (isDAG ? "dag" : "steps", body),
        ("parallelism", random.chance(200) ? .int(Int64(1 + random.below(3))) : nil),
        ("retryStrategy", random.chance(100) ? retry() : nil),
      ]))
    return name
  }

  private mutating func grouped(_ calls: [[(String, Value?)]]) -> [Value] {
    // One call a group keeps every earlier call in scope; the last two may run side by side.
    guard calls.count > 2, random.chance(500) else { return calls.map { .array([object($0)]) } }
    return calls.dropLast(2).map { .array([object($0)]) } + [.array(calls.suffix(2).map(object))]
  }

  private mutating func call(_ place: Int, isDAG: Bool, depth: Int) -> [(String, Value?)] {
    budget -= 1
    let template = depth < 3 && budget > 0 && random.chance(250) ? frame(depth: depth + 1) : leaf()
    var call: [(String, Value?)] = [("name", .string("c\(place)")), ("template", .string(template))]
    let isLooped = random.chance(300)
    if isLooped { call.append(loop()) }
    if !template.hasPrefix("frame"), random.chance(500) { call.append(("arguments", arguments(isLooped: isLooped))) }
    if random.chance(200) {
      call.append(("when", .string(random.one(of: ["true", "false", "{{workflow.name}} == wf"]))))
    }
    if isDAG, place > 0, random.chance(700) { call.append(("depends", .string(depends(on: place)))) }
    if !isDAG, random.chance(200) {
      call.append(("continueOn", .record(["failed": true, "error": .bool(random.chance(500))])))
    }
    return call
  }

  private mutating func leaf() -> String { random.one(of: ["work", "make", "flaky"]) }

  private mutating func loop() -> (String, Value?) {
    random.chance(500)
      ? ("withItems", .array(["a", .int(2), .string("(c)")]))
      : ("withSequence", .record(["count": .string(String(random.below(4)))]))
  }

  private mutating func arguments(isLooped: Bool) -> Value {
    let text: Value = isLooped ? "{{item}}" : .string(random.one(of: ["plain", "{{workflow.name}}"]))
    return .record(["parameters": .array([.record(["name": "text", "value": text])])])
  }

  private mutating func depends(on place: Int) -> String {
    (0..<(1 + random.below(2))).map { _ in
      let condition = random.one(of: ["", ".Succeeded", ".Failed", ".Errored", ".Skipped", ".Omitted"])
      return (random.chance(100) ? "!" : "") + "c\(random.below(place))" + condition
    }.joined(separator: random.one(of: [" && ", " || "]))
  }
}
