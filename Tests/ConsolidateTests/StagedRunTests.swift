import Foundation
import RunFiles
import Storage
import Testing

@testable import Consolidate

@Suite struct StagedRunTests {
  private let fixture: RunFixture
  private let directory: RunDirectory

  init() throws {
    fixture = try RunFixture()
    directory = try fixture.writeThreeShards()
  }

  private func refusal(_ change: () throws -> Void) throws -> ConsolidateError {
    try change()
    let error = try #require(throws: ConsolidateError.self) { try fixture.merge(directory) }
    #expect(!FileManager.default.fileExists(atPath: fixture.table + "/_delta_log"), "something became visible")
    return error
  }

  private func part(_ shard: Int) -> String { directory.absolute("shard-0000\(shard)/part-00000-0.parquet") }

  private func rewriteReceipt(_ shard: Int, _ change: (inout Receipt) -> Void) throws {
    var receipt = try Receipt(readingFrom: directory.receipt(shard))
    change(&receipt)
    try receipt.write(to: directory.receipt(shard))
  }

  @Test("a whole run has its parts in the order of the shards")
  func whole() throws {
    let run = try StagedRun(directory: directory)
    #expect(run.rows == 1000)
    #expect(run.parts.map(\.shard) == [0, 0, 1, 2])
    #expect(try run.verifyParts().flatMap(\.rowGroups).map(\.rows) == [300, 100, 400, 200])
  }

  @Test("no run directory is exit code 66")
  func noRun() throws {
    let error = try #require(throws: RunFileError.self) {
      try StagedRun(directory: RunDirectory(fixture.root + "/nothing"))
    }
    #expect(error.exitStatus == .noInput)
  }

  @Test("a missing receipt names the shard")
  func missingReceipt() throws {
    let path = directory.receipt(1)
    let error = try refusal { try FileManager.default.removeItem(atPath: path) }
    #expect(error == .receiptMissing(shard: 1, path: path))
    #expect(error.exitStatus == .data)
  }

  @Test("a receipt that was cut short names the shard and the file")
  func truncatedReceipt() throws {
    let path = directory.receipt(2)
    let error = try refusal { try Data(#"{"format":1"#.utf8).write(to: URL(fileURLWithPath: path)) }
    #expect(error.message.hasPrefix("shard 2: \(path) is not JSON"))
    #expect(error.exitStatus == .data)
  }

  @Test("a receipt for another plan is refused")
  func otherPlan() throws {
    let error = try refusal { try rewriteReceipt(1) { $0.planDigest = "other" } }
    #expect(error.message.contains("shard 1 was run for another plan"))
  }

  @Test("a receipt whose rows are not the plan's is refused")
  func otherRows() throws {
    let error = try refusal { try rewriteReceipt(1) { ($0.rowsIn, $0.rowsOut, $0.parts) = (0, 0, []) } }
    #expect(error.message.contains("with 0 rows in; the plan gives it 400"))
  }

  @Test("a shard with another model file is refused")
  func otherModel() throws {
    let error = try refusal { try rewriteReceipt(2) { $0.model.sha256 = "ee" } }
    #expect(error == .receiptsDiffer(shard: 2, path: directory.receipt(2), what: "model file ee instead of ab"))
  }

  @Test("a shard with other columns is refused")
  func otherColumns() throws {
    let error = try refusal { try rewriteReceipt(2) { $0.schema[1].type = "float64" } }
    #expect(error == .receiptsDiffer(shard: 2, path: directory.receipt(2), what: "other output columns"))
  }

  @Test("a receipt whose times cannot be read is refused before anything is written")
  func unreadableTime() throws {
    try rewriteReceipt(1) { $0.finishedAt = "noon" }
    #expect(throws: RunFileError.malformed(path: "receipt of shard 1", reason: "`noon` is no RFC 3339 time")) {
      try fixture.merge(directory)
    }
    #expect(!FileManager.default.fileExists(atPath: fixture.table))
  }

  @Test("a missing part names its shard and path")
  func missingPart() throws {
    let error = try refusal { try FileManager.default.removeItem(atPath: part(1)) }
    #expect(error == .partMissing(shard: 1, path: part(1)))
  }

  @Test("a part cut short names its shard and path")
  func truncatedPart() throws {
    let error = try refusal {
      let data = try Data(contentsOf: URL(fileURLWithPath: part(1)))
      try data.dropLast().write(to: URL(fileURLWithPath: part(1)))
    }
    #expect(error.message.hasPrefix("shard 1: \(part(1)) is not what its receipt says: it has "))
  }

  @Test("a flipped bit anywhere in a part is found", arguments: [0.0, 0.3, 0.7, 1.0])
  func flippedBit(_ position: Double) throws {
    let error = try refusal {
      var data = try Data(contentsOf: URL(fileURLWithPath: part(2)))
      data[Int(position * Double(data.count - 1))] ^= 4
      try data.write(to: URL(fileURLWithPath: part(2)))
    }
    #expect(error.message.hasPrefix("shard 2: \(part(2)) is not what its receipt says: its SHA-256 is "))
    #expect(error.exitStatus == .data)
  }

  @Test("a part with a right hash and wrong content is found", arguments: ["not Parquet", "other rows"])
  func wrongContent(_ kind: String) throws {
    let path = part(0)
    let error = try refusal {
      if kind == "not Parquet" {
        try Data("no parquet".utf8).write(to: URL(fileURLWithPath: path))
      } else {
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: part(1), toPath: path)
      }
      try rewriteReceipt(0) { $0.parts[0].bytes = LocalFile.size(path) ?? 0 }
      let sha256 = try FileDigest.sha256(ofFile: path)
      try rewriteReceipt(0) { $0.parts[0].sha256 = sha256 }
    }
    #expect(error.message.hasPrefix("shard 0: \(path) is not what its receipt says: "))
  }
}
