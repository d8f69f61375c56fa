import RunFiles
import Storage
import Testing

@testable import ShardWorker

@Suite("Leaving out row groups")
struct RowGroupFilterTests {
  private let lake = TestLake()

  /// Four row groups of 100 rows: n from 0 up, a day and a timestamp for each row group, a name, nulls in the last.
  private func groups(where condition: String) throws -> [Int] {
    let rows = 0..<400
    try lake.writeModel()
    let base = TestLake.rows(rows)
    let day = 15_887  // 2013-07-01
    var days = Column("day", rows.map { Int32(day + $0 / 100) })
    days.field.type = .date32
    var times = Column("time", rows.map { Int64(day + $0 / 100) * 86_400_000_000 + Int64($0 % 100) })
    times.field.type = .timestamp(unit: "u", timezone: "UTC")
    try lake.write(columns: [
      Column("id", texts: base.map(\.id)), Column("x", optional: base.map(\.x)),
      Column("y", optional: base.map(\.y)), Column("kind", texts: base.map(\.kind)),
      Column("n", rows.map { Int64($0) }), days, times,
      Column("name", texts: rows.map { ["ant", "bee", "cat", "dog"][$0 / 100] }),
      Column("maybe", optional: rows.map { $0 < 300 ? Double($0) : nil }),
    ])
    return try lake.plan(condition: condition).shards.flatMap { $0.rowGroups.map(\.rowGroup) }
  }

  @Test(
    "a row group stays when its statistics do not exclude that a row meets all conditions",
    arguments: [
      ("n < 100", [0]), ("n <= 100", [0, 1]), ("n > 299", [3]), ("n >= 299", [2, 3]), ("n = 250", [2]),
      ("n != 5", [0, 1, 2, 3]), ("n in (5, 205)", [0, 2]), ("n >= 150 and n < 250", [1, 2]), ("n > 99.5", [1, 2, 3]),
      ("name = 'bee'", [1]), ("name >= 'c'", [2, 3]), ("\"name\" != 'ant'", [1, 2, 3]), ("maybe is null", [3]),
      ("maybe IS NOT NULL and n >= 200", [2]), ("maybe > 0", [0, 1, 2]), ("day = '2013-07-03'", [2]),
      ("time < '2013-07-02T00:00:00Z'", [0]), ("time >= '2013-07-03 00:00'", [2, 3]),
      ("date = '2013-07-04'", [0, 1, 2, 3]),
    ])
  func kept(_ condition: String, _ expected: [Int]) throws {
    #expect(try groups(where: condition) == expected)
  }

  @Test("when nothing can match there is no plan, and the code says that there is no input")
  func nothing() throws {
    let error = #expect(throws: WorkerError.self) { try groups(where: "n > 1000") }
    #expect(error?.exitStatus == .noInput)
    #expect(error?.message.contains("n > 1000") == true)
    let other = #expect(throws: WorkerError.self) { try groups(where: "date = '2013-07-05'") }
    #expect(other?.exitStatus == .noInput)
  }

  @Test(
    "what cannot be read is refused, with the place",
    arguments: ["", "n", "n <", "n < 'x", "n ~ 5", "n < 5 or n > 7", "n in 5", "n is 5", "5 < n", "n < 5 5"])
  func unreadable(_ condition: String) throws {
    let error = #expect(throws: WorkerError.self) { try groups(where: condition) }
    #expect(error?.exitStatus == .usage)
    #expect(error?.message.contains("--where") == true)
  }

  @Test("a literal of another kind than the column, and a column that is not there, are named")
  func mismatch() throws {
    let type = #expect(throws: WorkerError.self) { try groups(where: "n = 'bee'") }
    #expect(type?.message.contains("column `n` is int64") == true)
    let missing = #expect(throws: WorkerError.self) { try groups(where: "absent = 1") }
    #expect(missing?.message.contains("`absent`, which is named by --where") == true)
  }

  @Test("the rows of a plan are those of the row groups that stay, and only they are scored")
  func scored() throws {
    _ = try groups(where: "n >= 150 and n < 250")
    let plan = try Plan(readingFrom: lake.run().plan)
    #expect(plan.input.rows == 200)
    #expect(plan.input.condition == "n >= 150 and n < 250")
    try lake.runShard()
    #expect(try lake.output().map(\.id) == (100..<300).map { "id-\($0)" })
  }

  @Test("a value in the path is a column where the file has none")
  func partitionColumn() throws {
    try lake.writeModel {
      $0.inputs[0].features[1] = ModelDescription.Feature(column: "hour", encoding: .identity)
      $0.inputs[1].features[0].column = "region"
    }
    for (hour, region) in [(3, "a"), (5, "b")] {
      let rows = TestLake.rows(hour * 10..<hour * 10 + 10)
      try lake.write(
        columns: [Column("id", texts: rows.map(\.id)), Column("x", optional: rows.map(\.x))],
        "hour=\(hour)/region=\(region)/part.parquet")
    }
    try lake.plan()
    try lake.runShard()
    let expected = [(3, "a"), (5, "b")].flatMap { hour, region in
      TestLake.rows(hour * 10..<hour * 10 + 10).map { row in
        var row = row
        row.y = Float(hour)
        row.kind = region
        return TestLake.score(row)
      }
    }
    #expect(zip(try lake.output(), expected).allSatisfy { abs(Double($0.score) - $1) < 1e-6 })
    #expect(try lake.plan(run: "pruned", condition: "hour > 4 and region = 'b'").input.rows == 10)
  }
}
