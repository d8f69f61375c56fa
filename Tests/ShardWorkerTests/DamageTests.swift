import Foundation
import RunFiles
import Testing

@testable import ShardWorker

@Suite("Damaged input and models")
struct DamageTests {
  private let lake = TestLake()

  /// Numbers that look random and are the same every time.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 33
    }
  }

  /// Cut short at many places, and with one bit flipped at others.
  private static func damaged(_ original: Data, flips: Int) -> [Data] {
    let cuts = Set((0..<16).map { original.count * $0 / 16 } + (1...12).map { original.count - $0 })
    var numbers = Numbers(state: 7)
    return cuts.sorted().map { original.prefix($0) }
      + (0..<flips).map { _ in
        var copy = original
        copy[Int.random(in: 0..<copy.count, using: &numbers)] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
        return copy
      }
  }

  @Test(
    "with the files' hashes in the plan, damaged input gives the right scores, or is refused with the file's name: never a wrong number"
  )
  func input() throws {
    try lake.writeModel()
    let path = try lake.write(TestLake.rows(0..<300))
    try lake.plan(hashesFiles: true)
    let plan = try Data(contentsOf: URL(fileURLWithPath: lake.run().plan))
    try lake.runShard()
    let expected = try lake.output().map { "\($0.id) \($0.score)" }
    let original = try Data(contentsOf: URL(fileURLWithPath: path))
    var refused = 0
    for (number, bytes) in Self.damaged(original, flips: 80).enumerated() {
      try bytes.write(to: URL(fileURLWithPath: path))
      let run = "damaged-\(number)"
      try DurableFile.makeDirectory(lake.run(run).root)
      try plan.write(to: URL(fileURLWithPath: lake.run(run).plan))
      do {
        try lake.runShard(run: run)
        #expect(try lake.output(run: run).map { "\($0.id) \($0.score)" } == expected, "case \(number)")
      } catch let error as WorkerError {
        refused += 1
        #expect(error.exitStatus == .data, "case \(number): \(error.message)")
        #expect(error.message.contains(path), "case \(number): \(error.message)")
      }
    }
    #expect(refused > 60)
  }

  @Test("a damaged page is named with its row group and column")
  func page() throws {
    try lake.writeModel()
    let path = try lake.write(TestLake.rows(0..<300))
    try lake.plan()
    let original = try Data(contentsOf: URL(fileURLWithPath: path))
    // The first column chunk begins behind the magic: a page's header, then its ids.
    var named = 0
    for place in stride(from: 60, to: 260, by: 20) {
      var bytes = original
      bytes[place] ^= 4
      try bytes.write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: WorkerError.self) { try lake.runShard() }
      #expect(error?.message.contains("row group 0") == true)
      if error?.message.contains("row group 0, column `id`: ") == true { named += 1 }
    }
    #expect(named > 0)
  }

  @Test("a damaged model is refused before it is loaded")
  func model() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<50))
    try lake.plan()
    let path = "\(lake.model)/model.pt"
    let original = try Data(contentsOf: URL(fileURLWithPath: path))
    for bytes in Self.damaged(original, flips: 40) {
      try bytes.write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: WorkerError.self) { try lake.runShard() }
      #expect(error?.exitStatus == .model)
      #expect(error?.message.contains(path) == true)
    }
  }
}
