import ArgumentParser

/// `simulate`: the engine's decisions under thousands of random workflows and misfortunes.
@main
struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Drive random workflows through random faults and check what is promised.",
    discussion: """
      EXAMPLES
        simulate --seeds 20000          what a test run does
        simulate --seed 4711 --journal  one seed again, event by event
        simulate --fan-out 10000        what expanding a loop of so many items costs

      Exits with 1 when a promise was broken, or when the seeds did not reach every phase with every event.
      """)

  @Option(help: "The first seed.")
  var seed: UInt64 = 1

  @Option(help: "How many seeds, one after the other.")
  var seeds = 1

  @Flag(help: "Print every committed event.")
  var journal = false

  @Flag(help: "Fail unless every phase met every event, and every fault happened a thousand times.")
  var requireCoverage = false

  @Option(help: "Measure the expansion of a loop with so many items instead.")
  var fanOut: Int?

  func run() throws {
    if let fanOut { return try measure(fanOut) }
    var coverage = Coverage()
    var digest: UInt64 = 0
    var failures = 0
    for number in seed..<(seed + UInt64(max(seeds, 0))) {
      var simulation = Simulation(seed: number)
      simulation.play()
      coverage.add(simulation.coverage)
      digest = (digest &* 31) &+ simulation.digest
      if journal { simulation.journal.forEach { print("\($0.at.rfc3339) \($0.event)") } }
      for rule in simulation.broken.prefix(3) { print("seed \(number): \(rule)") }
      failures += simulation.broken.isEmpty ? 0 : 1
    }
    print("\(seeds) seeds, \(failures) with a broken promise, digest \(String(digest, radix: 16))")
    let gaps = requireCoverage ? printGaps(in: coverage) : false
    if failures > 0 || gaps { throw ExitCode(1) }
  }

  private func measure(_ items: Int) throws {
    for shape in FanOut.Shape.allCases {
      guard let cost = FanOut(shape: shape, items: items).measured() else { throw ExitCode(1) }
      print("\(shape.rawValue) \(cost.text)")
    }
  }

  private func printGaps(in coverage: Coverage) -> Bool {
    let rare = zip(FaultProfile.Fault.allCases, coverage.faults).filter { $0.1 < 1000 }
    for cell in coverage.unvisited { print("never met: \(cell)") }
    for (fault, count) in rare { print("rare: \(fault.rawValue) happened \(count) times, not 1,000") }
    return !coverage.unvisited.isEmpty || !rare.isEmpty
  }
}
