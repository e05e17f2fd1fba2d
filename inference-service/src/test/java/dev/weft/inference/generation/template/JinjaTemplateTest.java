package dev.weft.inference.generation.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Jinja says of each construct. */
class JinjaTemplateTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '§',
            value = {
                "{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 3 }} ¦ 7 3 -4 2 3.5 8",
                "{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 1 == 1.0 }} {{ 'a' != 'b' }} ¦ True False True True",
                "{{ 'a' ~ 1 ~ none ~ true }} {{ 'a' 'b' }} {{ 'ab' * 2 }} ¦ a1NoneTrue ab abab",
                "{{ [1, 'a', none, 1.5, {'k': [true]}] }} ¦ [1, 'a', None, 1.5, {'k': [True]}]",
                "{{ 'yes' if list else 'no' }} {{ 'x' if missing }} {{ missing }}. ¦ yes  .",
                "{{ missing is defined }} {{ list is defined }} {{ none is none }} {{ missing is none }} ¦ False True True False",
                "{{ not missing and (false or 'b') }} {{ missing or 'c' }} ¦ b c",
                "{{ list[0] }} {{ list[-1] }} {{ list[1:] }} {{ list[:-1] }} {{ list[::-1] }} {{ list[5:9] }} ¦ 3 2 [1, 2] [3, 1] [2, 1, 3] []",
                "{{ 'hello'[1:3] }} {{ 'hello'[-1] }} {{ 'hello'[::-1] }} ¦ el o olleh",
                "{{ map.name }} {{ map['name'] }} {{ map.missing is defined }} {{ map.get('x', 'd') }} ¦ Ann Ann False d",
                "{{ 'a' in 'cat' }} {{ 3 in list }} {{ 'name' in map }} {{ 9 not in list }} {{ 1 in missing }} ¦ True True True True False",
                "{{ ' x '|trim }}{{ 'aB'|upper }}{{ 'aB'|lower }} {{ 'one two'|title }} {{ 'ABC'|capitalize }} ¦ xABab One Two Abc",
                "{{ list|length }} {{ list|join('-') }} {{ list|first }} {{ list|last }} {{ list|sort }} {{ list|sum }} ¦ 3 3-1-2 3 2 [1, 2, 3] 6",
                "{{ missing|default('d') }} {{ ''|default('e', true) }} {{ ''|default('f') }}. ¦ d e .",
                "{{ people|map(attribute='name')|join(',') }} {{ list|map('string')|join }} ¦ Ann,Bob 312",
                "{{ people|selectattr('age', 'gt', 30)|map(attribute='name')|list }} {{ people|rejectattr('adult')|list|length }} ¦ ['Bob'] 2",
                "{{ list|select('odd')|list }} {{ list|reject('equalto', 3)|list }} {{ 'ba'|list|sort|join }} ¦ [3, 1] [1, 2] ab",
                "{{ map|tojson }} ¦ {\"name\": \"Ann\", \"age\": 30}",
                "{{ 'é\"\\n'|tojson }} {{ none|tojson }} {{ 1.0|tojson }} ¦ \"é\\\"\\n\" null 1.0",
                "{{ map.items()|list }} {{ map|items|list|length }} {{ map.keys()|join(',') }} ¦ [['name', 'Ann'], ['age', 30]] 2 name,age",
                "{{ 'a,b,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b  c'.split() }} {{ 'a,b,c'.rsplit(',', 1) }} ¦ ['a', 'b', 'c'] ['a', 'b,c'] ['a', 'b', 'c'] ['a,b', 'c']",
                "{{ 'xxaxx'.strip('x') }} {{ 'xa'.startswith(('b', 'x')) }} {{ 'abab'.replace('b', 'c') }} {{ 'a'.join(['1', '2']) }} ¦ a True acac 1a2",
                "{{ 'abab'.replace('b', 'c', 1) }} {{ 'abab'.count('ab') }} {{ 'abab'.find('b') }} {{ 'preview'.removeprefix('pre') }} ¦ acab 2 1 view",
                "{{ '3'|int + 1 }} {{ 'x'|int }} {{ '1.5'|float }} {{ -2|abs }} {{ 5 is divisibleby 5 }} {{ 4 is even }} ¦ 4 0 1.5 2 True True",
                "{{ list is iterable }} {{ map is mapping }} {{ 'a' is string }} {{ 1 is number }} {{ true is boolean }} {{ list is sequence }} ¦ True True True True True True",
                "{{ 'a' if 1 is not none and 2 is eq 2 else 'b' }} {{ 3 is in [3] }} ¦ a True",
                "{{ \"it's\" ~ 'say \\'hi\\'' ~ 'a\\tb\\u00e9' }} ¦ it'ssay 'hi'a\tbé",
                "{{ range(3)|list }} {{ range(1, 7, 2)|list }} {{ range(3, 0, -1)|list }} ¦ [0, 1, 2] [1, 3, 5] [3, 2, 1]",
                "{{ dict(a=1, b='c') }} {{ {'a': 1}['a'] }} ¦ {'a': 1, 'b': 'c'} 1",
            })
    void expressionsHaveTheirValue(String template, String expected) {
        assertThat(render(template)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '§',
            value = {
                "{% for x in list %}{{ loop.index }}{{ x }}{{ ',' if not loop.last }}{% endfor %} ¦ 13,21,32",
                "{% for x in list if x > 1 %}{{ loop.index0 }}/{{ loop.length }}:{{ x }} {% else %}none{% endfor %}. ¦ 0/2:3 1/2:2 .",
                "{% for x in [] %}{{ x }}{% else %}none{% endfor %} ¦ none",
                "{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %} ¦ name=Ann;age=30;",
                "{% for x in list %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% if loop.index == 3 %}{% break %}{% endif %}{% endfor %} ¦ 32",
                "{% for x in list %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}. ¦ <3>1 3<1>2 1<2> .",
                "{% for x in list %}{{ loop.cycle('a', 'b') }}{% for y in [1] %}{{ loop.depth }}{% endfor %}{% endfor %} ¦ a2b2a2",
                "{% set x = 1 %}{% for y in list %}{% set x = y %}{% endfor %}{{ x }} ¦ 1",
                "{% set ns = namespace(x=1) %}{% for y in list %}{% set ns.x = ns.x + y %}{% endfor %}{{ ns.x }} ¦ 7",
                "{% if false %}a{% elif list|length == 3 %}b{% else %}c{% endif %} ¦ b",
                "{% set text %}a{{ list[0] }}{% endset %}{{ text|upper }} ¦ A3",
                "{% macro hi(name, mark='!') %}Hi {{ name }}{{ mark }}{% endmacro %}{{ hi('A') }}{{ hi('B', mark='?') }} ¦ Hi A!Hi B?",
                "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }} ¦ 3210",
                "{% generation %}kept{% endgeneration %} ¦ kept",
                "a{# gone #}b ¦ ab",
                "{ not a tag } {{ '{{' }} }} ¦ { not a tag } {{ }}",
            })
    void statementsDoWhatTheySay(String template, String expected) {
        assertThat(render(template)).isEqualTo(expected);
    }

    @Test
    void indentLeavesTheFirstLineUnlessAsked() {
        assertThat(render("{{ 'a\\nb'|indent(2) }}")).isEqualTo("a\n  b");
        assertThat(render("{{ 'a\\n\\nb'|indent(2, true) }}")).isEqualTo("  a\n\n  b");
        assertThat(render("{{ [1, {'a': 2}]|tojson(indent=2) }}")).isEqualTo("[\n  1,\n  {\n    \"a\": 2\n  }\n]");
    }

    @Test
    void lineEndsBehindTagsAndBlanksBeforeThemAreDropped() {
        assertThat(render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n")).isEqualTo("a\n  b\nc");
        assertThat(render("a {% if true %} b {% endif %} c"))
                .as("in a line they stay")
                .isEqualTo("a  b  c");
        assertThat(render("  {{ 1 }}\n  {{ 2 }}\n")).as("outputs keep theirs").isEqualTo("  1\n  2");
        assertThat(render("a\n  {# note #}\nb")).isEqualTo("a\nb");
        assertThat(render("a\n  {%+ if true %}b{% endif +%}\nc"))
                .as("a plus keeps them")
                .isEqualTo("a\n  b\nc");
    }

    @Test
    void minusDropsAllBlanksOnItsSide() {
        assertThat(render("a \n {{- 1 -}} \n b")).isEqualTo("a1b");
        assertThat(render("a \n {%- if true -%} \n b \n {%- endif %}\nc")).isEqualTo("abc");
        assertThat(render("a {#- x -#} b")).isEqualTo("ab");
        assertThat(render("{{ 1 }}\r\n{%- if true %}\r\nx{% endif %}")).isEqualTo("1x");
    }

    @Test
    void dateIsWrittenAsPythonWritesIt() {
        Clock clock = Clock.fixed(Instant.parse("2026-03-05T15:04:09Z"), ZoneOffset.UTC);
        String template = "{{ strftime_now('%d %b %Y, %A %B %-d %H:%M:%S %I %p %y %j %%') }}";

        assertThat(JinjaTemplate.compile(template, clock).render(Map.of()))
                .isEqualTo("05 Mar 2026, Thursday March 5 15:04:09 03 PM 26 064 %");
    }

    @Test
    void whatIsNotSupportedIsRefusedWhenCompiled() {
        assertRefused("a\n{% include 'x' %}", "line 2: tag 'include' (expected: one of [break, continue, for, ");
        assertRefused("{{ x | frobnicate }}", "line 1: filter 'frobnicate' (expected: one of [abs, ");
        assertRefused("{{ x is prime }}", "line 1: test 'prime' (expected: one of [boolean, ");
        assertRefused("{{ x.encode('utf-8') }}", "line 1: method 'encode' (expected: one of [capitalize, ");
        assertRefused("\n\n{{ now() }}", "line 3: function 'now' (expected: one of [dict, ");
        assertRefused("{{ list|map('frobnicate') }}", "filter 'frobnicate'");
        assertRefused("{{ list|selectattr('a', 'prime') }}", "test 'prime'");
        assertRefused("{% for x in list recursive %}{% endfor %}", "'recursive' (expected: '%}')");
        assertRefused("{% set a, b = 1, 2 %}", "',' (expected: '%}')");
        assertRefused("{{ f(*args) }}", "'*' before an argument");
        assertRefused("{% if x %}", "the end of the template (expected: one of [elif, else, endif])");
        assertRefused("{% break %}", "'break' outside of a loop");
        assertRefused("{{ 1 + }}", "'}}' (expected: an expression)");
        assertRefused("{{ a ! b }}", "'!' in an expression");
        assertRefused("{{ a", "a tag without its end '}}'");
        assertRefused("{# a", "a comment without an end");
    }

    @Test
    void valuesThatATemplateIsNotMadeForAreRefusedInItsOwnWords() {
        assertThatThrownBy(() -> render("{{ missing.field }}"))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("chat template: 'missing', which is undefined, asked for 'field'");
        assertThatThrownBy(() -> render("{{ 'a' + 1 }}"))
                .hasMessage("chat template: a text + 1 (expected: two numbers, or two texts or lists to add)");
        assertThatThrownBy(() -> render("{{ raise_exception('no system role, please') }}"))
                .hasMessage("messages: no system role, please");
        assertThatThrownBy(() -> render("{% for x in 5 %}{% endfor %}")).hasMessageContaining("a loop over 5");
        assertThatThrownBy(() -> render("{{ range(10000000)|length }}")).hasMessageContaining("at most 100000");
        assertThatThrownBy(() -> render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"))
                .hasMessageContaining("deep");
    }

    private static void assertRefused(String template, String message) {
        assertThatThrownBy(() -> JinjaTemplate.compile(template))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining(message);
    }

    private static String render(String template) {
        Map<String, @Nullable Object> person = new LinkedHashMap<>();
        person.put("name", "Ann");
        person.put("age", 30L);
        Map<String, @Nullable Object> variables = new HashMap<>();
        variables.put("list", Arrays.asList(3L, 1L, 2L));
        variables.put("map", person);
        variables.put("people", List.of(person, Map.of("name", "Bob", "age", 40L)));
        return JinjaTemplate.compile(template).render(variables);
    }
}
