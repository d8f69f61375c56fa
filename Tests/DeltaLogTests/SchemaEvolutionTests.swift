import Testing

@testable import DeltaLog

@Suite struct SchemaEvolutionTests {
  private typealias Field = TableSchema.Field
  private let table = TableSchema([Field("id", .string, nullable: false), Field("score", .float)])

  @Test("the same columns need no new metadata, in any order")
  func unchanged() throws {
    let batch = TableSchema([Field("score", .float), Field("id", .string, nullable: false)])
    #expect(try table.evolved(toHold: batch) == nil)
  }

  @Test("new columns are appended and may be null")
  func newColumns() throws {
    let batch = TableSchema(table.fields + [Field("class", .integer, nullable: false), Field("confidence", .float)])
    #expect(
      try table.evolved(toHold: batch)?.description
        == "id string not null, score float, class integer, confidence float")
  }

  @Test("a batch may lack a column that can be null")
  func lackingNullable() throws {
    #expect(try table.evolved(toHold: TableSchema([Field("id", .string, nullable: false)])) == nil)
  }

  @Test(
    "a refused change says why and names both schemas",
    arguments: [
      (
        [Field("id", .string, nullable: false), Field("score", .double)],
        "column score is float in the table and double in the batch"
      ),
      ([Field("score", .float)], "the batch lacks column id, which may not be null"),
      ([Field("id", .string)], "column id may be null in the batch, not in the table"),
      (
        [Field("id", .string, nullable: false), Field("Score", .float)], "column Score differs from score only by case"
      ),
    ])
  func refused(_ fields: [TableSchema.Field], _ reason: String) throws {
    let batch = TableSchema(fields)
    let error = try #require(throws: DeltaError.self) { try table.evolved(toHold: batch) }
    #expect(error.message.contains(reason))
    #expect(error.message.contains("table: id string not null, score float\n"))
    #expect(error.message.contains("batch: \(batch)\n"))
  }
}
