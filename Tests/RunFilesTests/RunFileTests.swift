import Foundation
import Testing

@testable import RunFiles

@Suite("Run files")
struct RunFileTests {
  private let directory = TemporaryDirectory()

  private func plan() throws -> Plan {
    try Plan(
      run: ["date": "2013-07-04", "model_version": "v1"],
      input: Plan.Input(
        root: "data",
        files: [
          Plan.File(path: "part-0.parquet", bytes: 10, rows: 3, footerSHA256: "ab")
        ], rows: 3),
      model: Plan.Model(path: "m", name: "n", version: "v1", schemaVersion: 1, sha256: "cd"),
      shards: [
        Plan.Shard(
          index: 0,
          rowGroups: [
            Plan.RowGroup(file: 0, rowGroup: 0, rows: 1), Plan.RowGroup(file: 0, rowGroup: 1, rows: 2),
          ])
      ])
  }

  private func rewrite(_ path: String, _ edit: (String) -> String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let edited = edit(text)
    #expect(edited != text)
    try Data(edited.utf8).write(to: URL(fileURLWithPath: path))
  }

  @Test("a plan is read back as it was written, and its digest is that of the canonical JSON")
  func roundTrip() throws {
    let plan = try plan()
    let path = directory.path("plan.json")
    try plan.write(to: path)
    #expect(try Plan(readingFrom: path) == plan)
    // sha256 of the compact JSON with sorted keys and without `digest`, taken with Python.
    #expect(plan.digest == "d455793026789432b4f6abab3160eeb715f827ead532cc8c69f252ab9c518c5c")
    #expect(plan.shards[0].rows == 3)
  }

  @Test("the same plan gives the same bytes")
  func stableBytes() throws {
    try plan().write(to: directory.path("a.json"))
    try plan().write(to: directory.path("b.json"))
    let first = try Data(contentsOf: URL(fileURLWithPath: directory.path("a.json")))
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory.path("b.json"))) == first)
    #expect(first.last == 0x0a)
  }

  @Test("a plan that was edited is refused")
  func editedPlan() throws {
    let path = directory.path("plan.json")
    try plan().write(to: path)
    try rewrite(path) { $0.replacing("\"rows\": 2", with: "\"rows\": 1") }
    let error = #expect(throws: RunFileError.self) { try Plan(readingFrom: path) }
    guard case .digestMismatch(path, _, _) = error else {
      Issue.record("not a digest mismatch: \(String(describing: error))")
      return
    }
  }

  @Test("a file of a newer format is refused by its number")
  func unknownFormat() throws {
    let path = directory.path("plan.json")
    try plan().write(to: path)
    try rewrite(path) { $0.replacing("\"format\": 1", with: "\"format\": 2") }
    #expect(throws: RunFileError.unknownFormat(path: path, expected: 1, found: 2)) {
      try Plan(readingFrom: path)
    }
  }

  @Test("a receipt is not taken for a plan")
  func wrongKind() throws {
    let path = directory.path("receipt.json")
    try receipt(rowsIn: 3, rowsOut: 3).write(to: path)
    #expect(throws: RunFileError.wrongKind(path: path, expected: "plan", found: "receipt")) {
      try Plan(readingFrom: path)
    }
  }

  @Test("a file that is cut short at any byte is an error that names it")
  func truncated() throws {
    let path = directory.path("plan.json")
    try plan().write(to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for length in stride(from: 0, to: whole.count - 2, by: 7) {
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: RunFileError.self) { try Plan(readingFrom: path) }
      #expect(error?.message.contains(path) == true)
      #expect(error?.exitStatus == .data)
    }
  }

  @Test("a missing key is named with its path")
  func missingKey() throws {
    let path = directory.path("receipt.json")
    try receipt(rowsIn: 3, rowsOut: 3).write(to: path)
    try rewrite(path) { $0.replacing("\"sha256\": \"part\"", with: "\"sha\": \"part\"") }
    #expect(throws: RunFileError.malformed(path: path, reason: "`parts[0].sha256` is missing")) {
      try Receipt(readingFrom: path)
    }
  }

  @Test("a file that is not there is missing input, not bad data")
  func missing() {
    let path = directory.path("plan.json")
    let error = #expect(throws: RunFileError.missing(path: path)) { try Plan(readingFrom: path) }
    #expect(error?.exitStatus == .noInput)
  }

  @Test("a receipt whose rows do not add up is refused")
  func receiptRows() throws {
    let path = directory.path("receipt.json")
    try receipt(rowsIn: 5, rowsOut: 3).write(to: path)
    #expect(throws: RunFileError.self) { try Receipt(readingFrom: path) }
    try receipt(rowsIn: 5, rowsOut: 4).write(to: path)
    #expect(throws: RunFileError.self) { try Receipt(readingFrom: path) }
    try receipt(rowsIn: 5, rowsOut: 3, dead: 2).write(to: path)
    #expect(try Receipt(readingFrom: path).deadLetters.rows == 2)
  }

  @Test("absent dead letters are written as null")
  func nullKeys() throws {
    let tree = try receipt(rowsIn: 3, rowsOut: 3).tree()
    #expect(tree["dead_letters"]?.canonicalText == #"{"path":null,"rows":0,"sha256":null}"#)
  }

  private func receipt(rowsIn: Int, rowsOut: Int, dead: Int = 0) -> Receipt {
    Receipt(
      planDigest: "p", shard: 3, rowsIn: rowsIn, rowsOut: rowsOut,
      deadLetters: DeadLetters(
        rows: dead, path: dead > 0 ? "d" : nil, sha256: dead > 0 ? "e" : nil),
      parts: [Part(path: "shard-00003/part-00000-a.parquet", rows: 3, bytes: 9, sha256: "part")],
      schema: [OutputField(name: "id", type: "string", nullable: false)],
      model: Receipt.Model(name: "n", version: "v1", sha256: "m", kind: "torchscript"),
      batchRows: 7, threads: 1, attempt: "a",
      seconds: Receipt.Seconds(total: 1, start: 0, read: 0, assemble: 0, infer: 0, write: 0),
      cpuSeconds: 0.5, maxRSSBytes: 1, startedAt: "2013-07-04T00:00:00Z",
      finishedAt: "2013-07-04T00:00:01Z")
  }
}
