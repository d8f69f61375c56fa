import Testing
import WorkflowSpec

@Suite("Calls of templates")
struct CallDiagnosticTests {
  @Test("A step gives its template what it needs")
  func inputs() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            steps:
              - - name: a
                  template: echo
                - name: b
                  template: echo
                  arguments: {parameters: [{name: txt, value: hello}, {name: text}]}
                - name: c
                - name: d
                  template: echo
                  templateRef: {name: other, template: echo}
                  arguments: {parameters: [{name: text, value: hello}]}

          - name: echo
            inputs: {parameters: [{name: text}]}
            container: {image: busybox, command: [echo, "{{inputs.parameters.text}}"]}
        """,
      gives: """
        w.yaml:9:19: error: template 'echo' needs the parameter 'text'
                - - name: a
                          ^
        hint: add it to arguments.parameters of 'a'
        w.yaml:13:45: warning: template 'echo' has no input parameter 'txt'
                    arguments: {parameters: [{name: txt, value: hello}, {name: text}]}
                                                    ^
        hint: did you mean 'text'?
        w.yaml:13:72: error: the argument 'text' has no value
                    arguments: {parameters: [{name: txt, value: hello}, {name: text}]}
                                                                               ^
        w.yaml:14:13: error: step 'c' calls no template
                  - name: c
                    ^
        hint: give it one of: template, templateRef, inline
        w.yaml:15:13: error: step 'd' has template and templateRef
                  - name: d
                    ^
        hint: give it one of: template, templateRef, inline
        """)
  }

  @Test("The entrypoint gets its inputs from the workflow")
  func entry() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            inputs: {parameters: [{name: date}, {name: shards, default: "4"}]}
            container: {image: busybox}
        """,
      gives: """
        w.yaml:5:15: error: template 'main' needs the parameter 'date'
          entrypoint: main
                      ^
        hint: declare it in spec.arguments.parameters, or give the input a default
        """)
  }

  @Test("A step has one loop, and a sequence one end")
  func loops() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            steps:
              - - name: a
                  template: leaf
                  withItems: [1, 2]
                  withParam: "[1]"
                - name: b
                  template: leaf
                  withSequence: {count: 3, end: 4}
                - name: c
                  template: leaf
                  withSequence: {start: 3}
          - name: leaf
            container: {image: busybox}
        """,
      gives: """
        w.yaml:12:13: error: 'withParam' cannot stand beside 'withItems'
                    withParam: "[1]"
                    ^
        w.yaml:15:27: error: 'count' and 'end' cannot both be given
                    withSequence: {count: 3, end: 4}
                                  ^
        w.yaml:18:13: error: a sequence needs 'count' or 'end'
                    withSequence: {start: 3}
                    ^
        """)
  }

  @Test("A run needs a value for each parameter, and one that it allows")
  func values() {
    expect(
      spec: """
        entrypoint: main
        arguments:
          parameters:
            - name: date
            - {name: size, enum: [small, large], value: smal}
            - {name: given}
        templates:
          - name: main
            container: {image: busybox}
        """, for: .run,
      gives: """
        w.yaml:8:15: error: parameter 'date' has no value
              - name: date
                      ^
        hint: give it with -p date=...
        w.yaml:9:51: error: 'smal' is not a value that parameter 'size' allows
              - {name: size, enum: [small, large], value: smal}
                                                          ^
        hint: did you mean 'small'?
        w.yaml:10:16: error: parameter 'given' has no value
              - {name: given}
                       ^
        hint: give it with -p given=...
        """)
  }
}
