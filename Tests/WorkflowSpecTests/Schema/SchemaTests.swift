import Testing

@testable import WorkflowSpec

@Suite("The tables of fields")
struct SchemaTests {
  @Test("Every type that a field names is in the tables")
  func closed() {
    func names(_ type: FieldType) -> [String] {
      switch type {
      case .object(let name): [name]
      case .list(let inner), .map(let inner): names(inner)
      default: []
      }
    }
    let used = Schema.argo.types.values.flatMap { $0.fields.values.flatMap(names) }
    #expect(Set(used).subtracting(Schema.argo.types.keys).isEmpty)
  }

  @Test("Types of lists and maps are read from the tables")
  func types() {
    let template = Schema.argo.types["Template"]
    #expect(template?.fields["steps"] == .list(.list(.object("WorkflowStep"))))
    #expect(template?.fields["annotations"] == .map(.text))
    #expect(template?.fields["activeDeadlineSeconds"] == .intOrText)
    #expect(Schema.argo.types["Parameter"]?.fields["enum"] == .list(.scalar))
  }

  @Test("Every kind of object has a table")
  func kinds() {
    for kind in ObjectKind.allCases { #expect(Schema.argo.types[kind.schemaType] != nil) }
  }

  @Test("Fields that the reader acts on or ignores exist")
  func supportedFields() {
    let lists: [(String, SupportedFields)] = [
      ("WorkflowSpec", .spec), ("Template", .template), ("DAGTask", .step), ("ScriptTemplate", .container),
      ("DAGTemplate", .dag), ("Inputs", .parameters), ("Parameter", .input), ("Parameter", .argument),
      ("Parameter", .output), ("ValueFrom", .outputSource), ("EnvVarSource", .environmentSource),
      ("RetryStrategy", .retry),
    ]
    for (name, list) in lists {
      let known = Set(Schema.argo.types[name]?.fieldNames ?? [])
      #expect(list.acted.union(list.ignored).subtracting(known).isEmpty, "\(name)")
    }
  }
}
