import Foundation
import RunFiles
import Storage
import Testing

@testable import ShardWorker

@Suite("Watching scores, nulls, speed and memory")
struct DriftTests {
  private let lake = TestLake()

  private func histogram(_ values: [Float]) -> ScoreHistogram {
    values.reduce(into: ScoreHistogram()) { $0.add($1) }
  }

  @Test("bins keep the order of values, and zero has its own")
  func bins() {
    let values: [Float] = [-.infinity, -2, -1.5, -0.001, 0, 1e-20, 0.25, 0.5, 0.9, 3, .infinity]
    let bins = values.map(ScoreHistogram.bin)
    #expect(bins == bins.sorted())
    #expect(Set(bins).count == values.count)
    #expect(ScoreHistogram.bin(of: -0.0) == ScoreHistogram.bin(of: 0))
  }

  @Test("the index is that of the formula, over groups of equal share")
  func index() {
    // Ten values of equal share; then half of what was 0.1 ... 0.5 moves to 1.0.
    let values: [Float] = (0..<1000).map { Float($0 % 10 + 1) / 10 }
    var changed = values
    for place in 0..<500 where place % 10 < 5 { changed[place] = 1 }
    let expected = histogram(values)
    let actual = histogram(changed)
    let lost: Double = -0.05 * log(0.5)
    let gained: Double = 0.25 * log(3.5)
    #expect(abs(actual.stabilityIndex(against: expected) - (5 * lost + gained)) < 1e-9)
    #expect(expected.stabilityIndex(against: expected) == 0)
    #expect(histogram([Float](repeating: 5, count: 100)).stabilityIndex(against: expected) > 1)
  }

  private func slab(_ scores: [Float], nulls: Int = 0) -> ScoredSlab {
    ScoredSlab(
      ids: Column("id", texts: scores.indices.map { "\($0)" }), scores: [Column("score", scores)],
      place: .init(file: "f", rowGroup: 0, row: 0), faults: [], nullCounts: [nulls], endsRowGroup: false)
  }

  private func baseline(rowsPerSecond: Double = 100) -> DriftBaseline {
    let watch = DriftWatch(baseline: nil, seconds: { 0 }, memory: { 0 })
    _ = watch.observe(slab((0..<1000).map { Float($0) / 1000 }), inputs: ["x"])
    var baseline = watch.snapshot(model: "m", version: "v1")
    baseline.rowsPerSecond = rowsPerSecond
    return baseline
  }

  private func limits() -> DriftWatch.Limits {
    var limits = DriftWatch.Limits()
    limits.leastRows = 500
    return limits
  }

  @Test("scores like the baseline's raise nothing; others raise one alarm")
  func scores() {
    let same = DriftWatch(baseline: baseline(), limits: limits(), seconds: { 0 }, memory: { 0 })
    #expect(same.observe(slab((0..<900).map { Float($0 * 37 % 900) / 900 }), inputs: ["x"]).isEmpty)
    let other = DriftWatch(baseline: baseline(), limits: limits(), seconds: { 0 }, memory: { 0 })
    let alarms = other.observe(slab((0..<900).map { Float($0) / 9000 }), inputs: ["x"])
    #expect(alarms.map(\.subject) == ["scores of score"])
    #expect(alarms[0].message.contains("`score` is distributed otherwise"))
    #expect(other.finish().isEmpty)
  }

  @Test("a null rate that moves is an alarm")
  func nulls() {
    let watch = DriftWatch(baseline: baseline(), limits: limits(), seconds: { 0 }, memory: { 0 })
    let alarms = watch.observe(slab((0..<1000).map { Float($0) / 1000 }, nulls: 300), inputs: ["x"])
    #expect(alarms.map(\.subject) == ["nulls of x"])
  }

  @Test("half the usual speed is an alarm once it lasts, and so is memory that keeps growing")
  func paceAndMemory() {
    var now = 0.0
    var memory = 0
    let watch = DriftWatch(baseline: baseline(), limits: limits(), seconds: { now }, memory: { memory })
    func pass(_ seconds: Int, rows: Int, growth: Int) -> [String] {
      (0..<seconds).flatMap { _ in
        now += 1
        memory += growth
        return watch.observe(slab([Float](repeating: 0.5, count: rows)), inputs: ["x"])
      }.map(\.subject).filter { !$0.contains("of") }
    }
    #expect(pass(40, rows: 100, growth: 1 << 19).isEmpty)
    #expect(pass(3, rows: 40, growth: 0).isEmpty)
    #expect(pass(4, rows: 100, growth: 0).isEmpty)
    #expect(pass(6, rows: 40, growth: 0) == ["speed"])
    #expect(pass(60, rows: 100, growth: 2 << 20) == ["memory"])
  }

  @Test("a run writes a baseline; the next one is compared with it, and stops if it is told to")
  func runs() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<3000), rowGroupRows: 1000)
    try lake.plan()
    let path = "\(lake.root)/baseline.json"
    try lake.runShard { $0.drift = DriftOptions(newBaselinePath: path) }
    let written = try DriftBaseline(readingFrom: path)
    #expect(written.rows == 3000)
    #expect(written.histogram("score")?.total == 3000)
    func again(_ run: String, _ action: DriftWatch.Action) throws -> [String] {
      try lake.plan(run: run)
      let notices = Notices()
      try lake.runShard(run: run, notices: notices) { options in
        options.drift = DriftOptions(baselinePath: path, action: action)
        options.drift?.limits.leastRows = 1000
      }
      return notices.lines
    }
    #expect(try again("same", .stop).isEmpty)
    try lake.write(
      TestLake.rows(0..<3000).map { row in
        var row = row
        row.y = 200
        return row
      }, rowGroupRows: 1000)
    let warned = try again("warned", .warn)
    #expect(warned.contains { $0.contains("`score` is distributed otherwise") })
    let error = #expect(throws: WorkerError.self) { try again("stopped", .stop) }
    #expect(error?.exitStatus == .data)
    #expect(!FileManager.default.fileExists(atPath: lake.run("stopped").receipt(0)))
  }
}
