import Foundation
import Testing

@testable import RunFiles

@Suite("Durable files")
struct DurableFileTests {
  private let directory = TemporaryDirectory()

  @Test("writing replaces the whole content and leaves nothing else behind")
  func replace() throws {
    let path = directory.path("a")
    try DurableFile.write(Data(repeating: 1, count: 100_000), to: path)
    try DurableFile.write(Data([2]), to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([2]))
    #expect(directory.names == ["a"])
  }

  @Test("of many that create one file, exactly one succeeds, and its content stands")
  func createOnce() async throws {
    let path = directory.path("a")
    let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
      for writer in UInt8(0)..<16 {
        group.addTask { try DurableFile.create(Data([writer]), at: path) ? writer : nil }
      }
      return try await group.reduce(into: []) { list, writer in list += writer.map { [$0] } ?? [] }
    }
    #expect(winners.count == 1)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(winners))
    #expect(directory.names == ["a"])
  }

  @Test("a directory that is not there is named, and nothing is written")
  func missingDirectory() {
    let path = directory.path("none/a")
    let error = #expect(throws: RunFileError.self) { try DurableFile.write(Data(), to: path) }
    #expect(error?.message.contains("none") == true)
    #expect(error?.exitStatus == .transient)
    #expect(directory.names.isEmpty)
  }

  @Test("unfinished files have names that Parquet readers pass over")
  func temporaryNames() {
    let path = DurableFile.temporaryPath(for: "/x/part.parquet")
    #expect(path.hasPrefix("/x/.part.parquet."))
    #expect(!path.hasSuffix(".parquet"))
    #expect(DurableFile.temporaryPath(for: "/x/part.parquet") != path)
  }

  @Test("the digest of a file is that of its bytes, whatever its size")
  func digests() throws {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    try DurableFile.write(Data(), to: directory.path("empty"))
    #expect(try FileDigest.sha256(ofFile: directory.path("empty")) == empty)
    let large = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try DurableFile.write(large, to: directory.path("large"))
    #expect(try FileDigest.sha256(ofFile: directory.path("large")) == FileDigest.sha256(of: large))
    var running = RunningDigest()
    running.update(large.prefix(1000))
    #expect(running.sha256 == FileDigest.sha256(of: large.prefix(1000)))
    running.update(large.dropFirst(1000))
    #expect(running.sha256 == FileDigest.sha256(of: large))
    #expect(FileDigest.sha256(of: "abc").hasPrefix("ba7816bf8f01cfea"))
  }

  @Test("paths of a run never hold two slashes in a row")
  func runDirectory() {
    let run = RunDirectory("runs/a//")
    #expect(run.plan == "runs/a/plan.json")
    #expect(run.receipt(3) == "runs/a/shard-00003/receipt.json")
    #expect(run.relativePart(123_456, sequence: 7, attempt: "x") == "shard-123456/part-00007-x.parquet")
    #expect(run.absolute("shard-00000/p") == "runs/a/shard-00000/p")
  }
}
