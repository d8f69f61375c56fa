import Foundation
import RunFiles
import Testing

@testable import ShardWorker

@Suite("Killed and resumed")
struct ResumeTests {
  private let lake = TestLake()

  /// Ten row groups, some bad rows, two row groups a part.
  private func prepare() throws {
    var rows = TestLake.rows(0..<1000)
    for row in [50, 333, 650, 999] { rows[row].x = nil }
    try lake.writeModel { $0.inputs[0].features[0].onNull = .deadLetter }
    try lake.write(rows)
    try lake.plan()
    try lake.plan(run: "clean")
    try lake.runShard(run: "clean") { options in
      options.checkpointRows = 200
      options.maximumBadRows = 10
    }
  }

  /// Runs the shard in a process of its own.
  private func runProcess(
    attempt: String, failpoint: String? = nil, run: String = "run"
  ) throws -> Process {
    let process = Process()
    process.executableURL = try Self.executable
    process.arguments = [
      "run", "--run-dir", lake.run(run).root, "--shard", "0", "--batch-size", "64",
      "--checkpoint-rows", "200", "--max-bad-rows", "10",
    ]
    var environment = ProcessInfo.processInfo.environment
    environment["ORCHESTRATE_ATTEMPT"] = attempt
    environment["SHARD_WORKER_FAILPOINT"] = failpoint
    process.environment = environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process
  }

  /// The program, which is built beside the tests.
  private static var executable: URL {
    get throws {
      let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return URL(fileURLWithPath: tests).deletingLastPathComponent()
        .appending(path: "ShardWorker")
    }
  }

  private func expectEqualToCleanRun() throws {
    let clean = try Receipt(readingFrom: lake.run("clean").receipt(0))
    let resumed = try Receipt(readingFrom: lake.run().receipt(0))
    #expect(resumed.parts.map(\.sha256) == clean.parts.map(\.sha256))
    #expect(resumed.parts.map(\.rows) == clean.parts.map(\.rows))
    #expect(resumed.deadLetters.sha256 == clean.deadLetters.sha256)
    #expect(resumed.deadLetters.rows == 4)
    for part in resumed.parts {
      #expect(try FileDigest.sha256(ofFile: lake.run().absolute(part.path)) == part.sha256)
    }
  }

  @Test(
    "killed anywhere and resumed, a shard's parts equal an uninterrupted run's, byte for byte",
    arguments: [
      "batch-written:1", "batch-written:9", "part-written:1", "part-published:1",
      "part-published:3", "checkpoint-written:2", "part-written:5", "before-receipt:1", "shard-begun:1",
      "model-loaded:1", "settings-fixed:1", "slab-read:6", "slab-scored:4", "row-group-ended:7",
      "dead-letters-synced:2",
    ])
  func killed(_ failpoint: String) throws {
    try prepare()
    let killed = try runProcess(attempt: "first", failpoint: failpoint)
    #expect(killed.terminationReason == .uncaughtSignal)
    #expect(killed.terminationStatus == SIGKILL)
    #expect(!FileManager.default.fileExists(atPath: lake.run().receipt(0)))
    let resumed = try runProcess(attempt: "second")
    #expect(resumed.terminationStatus == 0)
    try expectEqualToCleanRun()
  }

  @Test("killed after its receipt, a shard is done")
  func killedAtTheEnd() throws {
    try prepare()
    let killed = try runProcess(attempt: "first", failpoint: "receipt-written:1")
    #expect(killed.terminationReason == .uncaughtSignal)
    try expectEqualToCleanRun()
    #expect(try runProcess(attempt: "second").terminationStatus == 0)
    try expectEqualToCleanRun()
  }

  @Test("every place where a worker may be killed is in some test")
  func allFailpoints() throws {
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    for point in Failpoint.allCases { #expect(source.contains("\"\(point.rawValue):"), "\(point.rawValue)") }
  }

  @Test("a resumed shard keeps the parts that were finished")
  func keepsParts() throws {
    try prepare()
    _ = try runProcess(attempt: "first", failpoint: "checkpoint-written:3")
    _ = try runProcess(attempt: "second")
    let names = try Receipt(readingFrom: lake.run().receipt(0)).parts.map(\.path)
    #expect(names.map { $0.hasSuffix("-first.parquet") } == [true, true, true, false, false])
  }

  @Test("SIGTERM ends a shard at a row group's end with its own exit code")
  func preempted() throws {
    try prepare()
    let stopped = try runProcess(attempt: "first", failpoint: "checkpoint-written:2:term")
    #expect(stopped.terminationReason == .exit)
    #expect(stopped.terminationStatus == ExitStatus.preempted.rawValue)
    let checkpoint = try Checkpoint(readingFrom: lake.run().checkpoint(0))
    #expect(checkpoint.rowGroupsDone == 4)
    #expect(try runProcess(attempt: "second").terminationStatus == 0)
    try expectEqualToCleanRun()
  }

  @Test("killed over and over, once a part, a shard still comes to its end")
  func killedOften() throws {
    try prepare()
    var attempts = 0
    while try runProcess(attempt: "try\(attempts)", failpoint: "checkpoint-written:1")
      .terminationReason == .uncaughtSignal
    {
      attempts += 1
      try #require(attempts < 10)
    }
    #expect(attempts == 5)
    try expectEqualToCleanRun()
  }

  // MARK: Checkpoints that cannot be used

  private func resume(
    after damage: () throws -> Void, edit: (inout ShardRun.Options) -> Void = { _ in }
  ) throws -> [String] {
    try prepare()
    _ = try runProcess(attempt: "first", failpoint: "checkpoint-written:3")
    try damage()
    let notices = Notices()
    try lake.runShard(notices: notices) { options in
      options.attempt = "second"
      options.checkpointRows = 200
      options.maximumBadRows = 10
      edit(&options)
    }
    return notices.lines
  }

  @Test("a part that was damaged is not trusted: the shard starts from its first row")
  func damagedPart() throws {
    let notices = try resume(after: {
      let part = try Checkpoint(readingFrom: lake.run().checkpoint(0)).parts[1]
      let path = lake.run().absolute(part.path)
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: URL(fileURLWithPath: path))
    })
    #expect(notices.count == 1)
    #expect(notices[0].contains("is not as it says; the shard starts from its first row"))
    try expectEqualToCleanRun()
  }

  @Test("a checkpoint that is no JSON is passed over")
  func damagedCheckpoint() throws {
    let notices = try resume(after: {
      try Data("{".utf8).write(to: URL(fileURLWithPath: lake.run().checkpoint(0)))
    })
    #expect(notices.count == 1)
    try expectEqualToCleanRun()
  }

  @Test("the checkpoint's batch size is kept when it is to be found automatically")
  func keepsBatchSize() throws {
    let notices = try resume(after: {}, edit: { $0.batchSize = .auto })
    #expect(notices == ["resuming after 600 of 1000 rows"])
    try expectEqualToCleanRun()
  }

  @Test("another batch size starts the shard anew: results of two sizes are not mixed")
  func otherBatchSize() throws {
    let notices = try resume(after: {}, edit: { $0.batchSize = .rows(32) })
    #expect(notices.count == 1)
    let receipt = try Receipt(readingFrom: lake.run().receipt(0))
    #expect(receipt.batchRows == 32)
    #expect(receipt.parts.allSatisfy { $0.path.hasSuffix("-second.parquet") })
  }

  @Test("of two attempts that finish, the first one's receipt stands and the other's parts go")
  func zombie() throws {
    try prepare()
    // The first attempt is about to write its receipt; its parts and checkpoint are there.
    _ = try runProcess(attempt: "first", failpoint: "before-receipt:1")
    try FileManager.default.removeItem(atPath: lake.run().checkpoint(0))
    #expect(try runProcess(attempt: "second").terminationStatus == 0)
    let standing = try Receipt(readingFrom: lake.run().receipt(0))
    #expect(try runProcess(attempt: "third").terminationStatus == 0)
    #expect(try Receipt(readingFrom: lake.run().receipt(0)) == standing)
    try expectEqualToCleanRun()
  }
}
