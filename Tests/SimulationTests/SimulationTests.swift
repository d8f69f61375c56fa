import Testing

@testable import simulate

@Suite struct SimulationTests {
  @Test("no seed breaks a promise, whatever its workflow and its misfortunes", arguments: 0..<8)
  func promises(block: UInt64) {
    for seed in (block * 25)..<(block * 25 + 25) {
      var simulation = Simulation(seed: seed)
      simulation.play()
      #expect(simulation.broken.isEmpty, "seed \(seed)")
    }
  }

  @Test("a seed played twice gives the same journal and the same nodes")
  func repeatable() {
    for seed: UInt64 in 1...20 {
      var (first, second) = (Simulation(seed: seed), Simulation(seed: seed))
      first.play()
      second.play()
      #expect(first.digest == second.digest, "seed \(seed)")
    }
  }

  @Test("different seeds give different runs")
  func variety() {
    var digests: Set<UInt64> = []
    for seed: UInt64 in 1...50 {
      var simulation = Simulation(seed: seed)
      simulation.play()
      digests.insert(simulation.digest)
    }
    #expect(digests.count > 45)
  }
}
