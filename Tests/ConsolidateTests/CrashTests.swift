import DeltaLog
import Foundation
import RunFiles
import Testing

@testable import Consolidate

@Suite struct CrashTests {
  private let fixture: RunFixture
  private let run: RunDirectory

  init() throws {
    fixture = try RunFixture()
    run = try fixture.writeThreeShards()
  }

  private var arguments: [String] {
    ["merge", "--run-dir", run.root, "--table", fixture.table, "--target-file-bytes", "4000", "-o", "json"]
  }

  private func directoryNames() -> [String] {
    LocalFile.names(in: fixture.table + "/schema=v1/model_version=v1/date=2013-07-04")
  }

  /// Everything in the partition's directory, with the hash of its content; the manifest's times differ.
  private func contents() throws -> [String: String] {
    let directory = fixture.table + "/schema=v1/model_version=v1/date=2013-07-04"
    return try Dictionary(
      uniqueKeysWithValues: directoryNames().filter { $0 != BatchManifest.fileName }.map {
        ($0, try FileDigest.sha256(ofFile: "\(directory)/\($0)"))
      })
  }

  @Test(
    "killed at any step, the next merge finishes the job: same files, each row once",
    arguments: Failpoint.allCases.filter { ![.queued, .notified].contains($0) })
  func killed(_ failpoint: Failpoint) throws {
    let killed = try ConsolidateProcess.run(arguments, environment: ["CONSOLIDATE_FAILPOINT": failpoint.rawValue])
    #expect(killed.wasKilled && killed.status == SIGKILL)
    let isCommitted = failpoint.isBehindCommit
    #expect(try TableRows(fixture.table).ids == (isCommitted ? TableRows.thousand : []))
    let next = try ConsolidateProcess.run(arguments)
    #expect(next.status == 0, "\(next.standardError)")
    #expect(next.standardError.contains(isCommitted ? ": already merged as version 0" : ": merged as version 0"))
    #expect(try TableRows(fixture.table).ids == TableRows.thousand)
    #expect(LocalFile.names(in: fixture.table + "/_delta_log") == ["00000000000000000000.json"])
    let undisturbed = try RunFixture()
    let manifest = try undisturbed.merge(undisturbed.writeThreeShards(), .init(targetFileBytes: 4000)).manifest
    let found = try contents()
    #expect(manifest.files.allSatisfy { found[($0.path as NSString).lastPathComponent] == $0.sha256 })
    #expect(directoryNames().count == manifest.files.count + 3, "left over: \(directoryNames())")
  }

  @Test("killed while it writes, a merge leaves nothing but a staging directory")
  func leftovers() throws {
    _ = try ConsolidateProcess.run(arguments, environment: ["CONSOLIDATE_FAILPOINT": "writing"])
    #expect(directoryNames().count == 1)
    #expect(directoryNames().allSatisfy { $0.hasPrefix(StagingDirectory.prefix) })
    #expect(!FileManager.default.fileExists(atPath: fixture.table + "/_delta_log"))
  }

  @Test("the staging directory of a living merge is left alone, that of a dead one is removed")
  func staging() throws {
    let alive = try StagingDirectory(in: fixture.root)
    let dead = fixture.root + "/_tmp-dead"
    try FileManager.default.createDirectory(atPath: dead, withIntermediateDirectories: true)
    StagingDirectory.removeAbandoned(in: fixture.root)
    #expect(FileManager.default.fileExists(atPath: alive.path))
    #expect(!FileManager.default.fileExists(atPath: dead))
    alive.remove()
    #expect(!FileManager.default.fileExists(atPath: alive.path))
  }

  @Test("six merges at once: one commits, the others find it merged, all exit 0")
  func concurrent() throws {
    let running = try (0..<6).map { _ in try ConsolidateProcess.start(arguments) }
    let results = running.map { $0.wait() }
    #expect(results.allSatisfy { $0.status == 0 }, "\(results.map(\.standardError))")
    let outcomes = try results.map { try JSONValue(parsing: Data($0.standardOutput.utf8))["outcome"]?.text ?? "" }
    #expect(outcomes.sorted() == Array(repeating: "already merged", count: 5) + ["merged"])
    #expect(try TableRows(fixture.table).ids == TableRows.thousand)
    #expect(LocalFile.names(in: fixture.table + "/_delta_log") == ["00000000000000000000.json"])
    #expect(!directoryNames().contains { $0.hasPrefix(StagingDirectory.prefix) })
  }

  @Test("merges of different days at once all get in")
  func concurrentDays() throws {
    let running = try (1...5).map { day in
      let shape = RunFixture.Shape(
        name: "day-\(day)", labels: ["date": "2013-08-0\(day)", "model_version": "v1"],
        shards: [[try RunFixture.predictions(day * 100, 100)]])
      let directory = try fixture.write(shape)
      return try ConsolidateProcess.start(["merge", "--run-dir", directory.root, "--table", fixture.table])
    }
    let results = running.map { $0.wait() }
    #expect(results.allSatisfy { $0.status == 0 }, "\(results.map(\.standardError))")
    #expect(try TableRows(fixture.table).ids.sorted() == (100..<600).map { "row-\($0)" }.sorted())
    #expect(LocalFile.names(in: fixture.table + "/_delta_log").count == 5)
  }
}
