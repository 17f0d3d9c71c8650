from django.db import migrations, models


class Migration(migrations.Migration):
    """When somebody first showed that the address of their account is theirs."""

    dependencies = [
        ("nhc", "0006_notices_unseen"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="address_proved_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When whoever uses the account first showed that they read mail to its address.",
                null=True,
            ),
        ),
    ]
