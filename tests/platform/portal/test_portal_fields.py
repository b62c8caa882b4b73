from __future__ import annotations

from django import forms
from django.template import Context, Template
from django.utils.translation import override

from shaar.platform.kernel.errors import Invalid


class Small(forms.Form):
    title = forms.CharField(label="Title?", help_text="Plain words.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="Agree")
    note = forms.CharField(label="Note", required=False)


def shown(text: str, **facts: object) -> str:
    with override("en"):
        return Template(text).render(Context(facts))


def test_a_field_ties_label_hint_error_and_control():
    html = shown("{% field form.title %}", form=Small({}))
    assert '<label for="id_title">Title?' in html
    assert 'id="id_title_hint">Plain words.' in html
    assert 'class="field-error" id="id_title_error">' in html
    assert 'aria-describedby="id_title_hint id_title_error"' in html
    assert 'aria-invalid="true"' in html


def test_choices_are_a_group_with_a_legend_and_one_box_is_a_label():
    html = shown("{% field form.kind %}{% field form.agree %}{% field form.note %}", form=Small())
    assert "<fieldset" in html
    assert "<legend>Kind" in html
    assert html.count('type="radio"') == 2
    assert '<label for="id_agree"><input type="checkbox"' in html
    assert html.count("(optional)") == 1


def test_the_summary_names_the_field_and_leads_to_it():
    html = shown("{% errors form %}", form=Small({"kind": "x"}))
    assert '<a href="#id_title">Title? This field is required.</a>' in html
    assert 'href="#id_kind_0"' in html
    assert 'role="alert"' in html
    assert shown("{% errors form %}", form=Small()).strip() == ""


def test_a_refusal_of_a_service_comes_first_and_leads_to_its_field():
    refusal = Invalid("x.y", "The place lies outside.", field="title")
    html = shown("{% errors form %}", form=Small({"title": "a", "kind": "a", "agree": "on"}), refusal=refusal)
    assert '<a href="#id_title">The place lies outside.</a>' in html


def test_what_people_typed_is_escaped():
    html = shown("{% field form.title %}", form=Small({"title": '"><script>'}))
    assert "<script>" not in html
