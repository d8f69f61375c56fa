import Foundation
import RunFiles
import Testing

@testable import Consolidate

@Suite struct CommandLineTests {
  private let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  @Test("standard output holds the JSON alone, the report goes to standard error")
  func streams() throws {
    let run = try fixture.writeThreeShards()
    let result = try ConsolidateProcess.run([
      "merge", "--run-dir", run.root, "--table", fixture.table, "--price-per-hour", "3.06", "--instances", "4",
      "-o", "json",
    ])
    #expect(result.status == 0)
    let tree = try JSONValue(parsing: Data(result.standardOutput.utf8))
    #expect(tree["record_count"] == .number("1000"))
    #expect(tree["cost"]?["instances"] == .number("4"))
    #expect(result.standardError.hasPrefix("2013-07-04/v1: merged as version 0 of \(fixture.table)\n"))
  }

  @Test("an error is one message with a hint, and the exit code of its class")
  func dataError() throws {
    let run = try fixture.writeThreeShards()
    try FileManager.default.removeItem(atPath: run.receipt(1))
    let result = try ConsolidateProcess.run(["merge", "--run-dir", run.root, "--table", fixture.table])
    #expect(result.status == 65)
    #expect(
      result.standardError == """
        error: shard 1 is not done: \(run.receipt(1)) does not exist
        hint: run `ShardWorker run --shard 1` to its end, then merge again

        """)
    #expect(result.standardOutput.isEmpty)
  }

  @Test(
    "what is missing or misspelt on the command line is exit code 64",
    arguments: [
      ["merge"], ["merge", "--run-dir", "r", "--table", "t", "--generation", "0"],
      ["merge", "--run-dir", "r", "--table", "t", "--partition", "date="],
      ["merge", "--run-dir", "r", "--table", "t", "--key", "id"],
      ["merge", "--run-dir", "r", "--table", "t", "--mode", "merge-by-key"],
      ["merge", "--run-dir", "r", "--table", "t", "--notify", "mail"],
      ["vacuum", "--table", "t", "--retention-hours", "1"], ["delete-run", "--table", "t"],
      ["merge", "--run-dir", "r", "--table", "t", "--partition", "a=1", "--partition", "a=2"],
      ["merge", "--run-dir", "r", "--table", "t", "--price-per-hour", "cheap"],
    ])
  func usage(_ arguments: [String]) throws { #expect(try ConsolidateProcess.run(arguments).status == 64) }

  @Test("no run is exit code 66, no table too")
  func noInput() throws {
    #expect(
      try ConsolidateProcess.run(["merge", "--run-dir", fixture.root + "/r", "--table", fixture.table]).status == 66)
    #expect(try ConsolidateProcess.run(["verify", "--table", fixture.table]).status == 66)
    #expect(try ConsolidateProcess.run(["history", "--table", fixture.table]).status == 66)
  }

  @Test("history lists versions, latest first, with what they changed")
  func history() throws {
    _ = try fixture.merge(fixture.writeThreeShards())
    _ = try fixture.merge(fixture.writeThreeShards("changed", scoreOffset: 1), .init(generation: 2))
    let lines = try ConsolidateProcess.run(["history", "--table", fixture.table]).standardOutput.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("1 ") && lines[1].contains("+1 -1") && lines[1].hasSuffix("2013-07-04/v1"))
    #expect(lines[2].hasPrefix("0 ") && lines[2].contains(" 1000  "))
  }

  @Test("verify exits 65 when a file is gone")
  func verify() throws {
    let file = try fixture.merge(fixture.writeThreeShards()).manifest.files[0].path
    #expect(try ConsolidateProcess.run(["verify", "--table", fixture.table]).status == 0)
    try FileManager.default.removeItem(atPath: "\(fixture.table)/\(file)")
    let result = try ConsolidateProcess.run(["verify", "--table", fixture.table])
    #expect(result.status == 65)
    #expect(result.standardError.contains("\(file): missing"))
  }
}
