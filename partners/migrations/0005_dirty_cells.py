from django.db import migrations, models


class Migration(migrations.Migration):
    """A mark of the dirty log may name one cell."""

    dependencies = [
        ("partners", "0004_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="dirtyslot",
            name="category",
            field=models.CharField(max_length=16, null=True),
        ),
        migrations.AddField(
            model_name="dirtyslot",
            name="dimension",
            field=models.CharField(max_length=32, null=True),
        ),
        migrations.AddConstraint(
            model_name="dirtyslot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("category__isnull", True), ("dimension__isnull", True)),
                    models.Q(("category__isnull", False), ("dimension__isnull", False)),
                    _connector="OR",
                ),
                name="dirty_slot_or_one_cell",
            ),
        ),
    ]
